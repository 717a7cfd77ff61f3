// One-key shortcuts. [data-key="n"] is followed or focused when its key is pressed; j and k walk
// through the rows of [data-rows]; x ticks the row; ? lists them all. They can be switched off.

const SWITCH = "shortcuts-off";
const dialog = document.getElementById("shortcuts");
const toggle = dialog?.querySelector("[data-shortcuts]");

const off = () => {
  try {
    return localStorage.getItem(SWITCH) === "1";
  } catch {
    return false;
  }
};

if (toggle) {
  toggle.checked = !off();
  toggle.addEventListener("change", () => {
    try {
      if (toggle.checked) localStorage.removeItem(SWITCH);
      else localStorage.setItem(SWITCH, "1");
    } catch {
      // Private windows forget it; the switch still shows the truth for this page.
    }
  });
}

const typing = (element) =>
  element.isContentEditable ||
  (element.matches("input, textarea, select") &&
    !element.matches('[type="checkbox"], [type="radio"], [type="button"], [type="submit"]'));

function walk(step) {
  const rows = [...document.querySelectorAll("[data-rows] [data-row]")];
  if (!rows.length) return;
  const now = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[Math.min(rows.length - 1, Math.max(0, now + step))];
  next.querySelector("a[href]")?.focus();
  next.scrollIntoView({ block: "nearest" });
}

function press(element) {
  if (element.matches("input, textarea, select")) {
    element.focus();
    element.select?.();
  } else element.click();
}

const moves = {
  j: () => walk(1),
  k: () => walk(-1),
  x: () => document.activeElement?.closest("[data-row]")?.querySelector("[data-pick]")?.click(),
  "?": () => dialog?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return; // an input method is at work
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat && event.key === "n") return;
  if (typing(event.target) || document.querySelector("dialog[open]") || off()) return;
  const marked = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  const act = marked ? () => press(marked) : moves[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
