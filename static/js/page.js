// Small things on every page: messages that go away, menus that close, copy and print buttons.

const READING_MS = 8000;

document.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest(selector);
  at("[data-dismiss]")?.closest(".alert")?.remove();
  if (at("[data-print]")) window.print();
  if (at("[data-back]") && history.length > 1) {
    event.preventDefault(); // going back keeps what was typed; following the link would not
    history.back();
  }
  const copy = at("[data-copy]");
  if (copy) copyText(copy);
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.activeElement?.closest("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// The button says where the text is (data-copy="#id") or carries it (data-copy-text).
async function copyText(button) {
  const source = button.dataset.copy && document.querySelector(button.dataset.copy);
  const text = button.dataset.copyText ?? source?.value ?? source?.innerText ?? "";
  try {
    await navigator.clipboard.writeText(text.trim());
  } catch {
    if (!source) return; // without the clipboard the text is marked, ready for Ctrl+C
    getSelection().selectAllChildren(source);
    return;
  }
  const label = button.querySelector("[data-label]");
  if (!label || !button.dataset.done) return;
  const before = label.textContent;
  label.textContent = button.dataset.done;
  setTimeout(() => { label.textContent = before; }, 2000);
}

// Good news leaves by itself, unless somebody is reading it; warnings and errors stay.
function expire(toast) {
  if (!["success", "info"].includes(toast.dataset.toast)) return;
  const later = () => {
    if (toast.matches(":hover, :focus-within")) setTimeout(later, READING_MS);
    else toast.remove();
  };
  setTimeout(later, READING_MS);
}

const toasts = document.getElementById("messages");
if (toasts) {
  toasts.querySelectorAll("[data-toast]").forEach(expire);
  new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.addedNodes) if (node.dataset?.toast) expire(node);
    }
  }).observe(toasts, { childList: true });
}
