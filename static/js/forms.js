// Forms: sent once, not left by mistake, files dropped in, errors brought to the reader.

const FRESH = "data-careless"; // forms without anything to lose carry it
const dirty = new WeakSet();
let leaving = false;

const guarded = (form) => form?.matches("[data-guard]") ? form : null;

document.addEventListener("input", (event) => {
  const form = guarded(event.target.form);
  if (form) dirty.add(form);
});

window.addEventListener("beforeunload", (event) => {
  if (leaving) return;
  const lost = [...document.querySelectorAll("form[data-guard]")].some((form) => dirty.has(form));
  if (lost) event.preventDefault(); // the browser asks in its own words
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog") return;
  if (form.getAttribute("aria-busy") === "true") {
    event.preventDefault(); // a second press of the same button
    return;
  }
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  const field = form.elements.csrfmiddlewaretoken;
  if (token && field) field.value = token; // it changes when one signs in again in another tab
  if (form.matches("[hx-post], [hx-get], [target], [data-download]")) return; // the page stays
  leaving = !form.hasAttribute(FRESH);
  if (form.method === "get") return;
  form.setAttribute("aria-busy", "true");
  setTimeout(() => { form.removeAttribute("aria-busy"); leaving = false; }, 15000);
});

// What the server keeps as a draft is not lost by leaving.
document.addEventListener("draft:saved", (event) => dirty.delete(event.target));

// Before the answer is acted on: it may lead to another page at once.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const form = event.target.closest?.("form");
  if (form && event.detail.xhr.status < 400) dirty.delete(form);
});

// Coming back with the browser's "back" shows the page as it was left: make it usable again.
window.addEventListener("pageshow", () => {
  leaving = false;
  document.querySelectorAll('form[aria-busy="true"]').forEach((form) => {
    form.removeAttribute("aria-busy");
  });
});

// --- files dropped or chosen -------------------------------------------------------------------

function names(drop) {
  const input = drop.querySelector('input[type="file"]');
  const list = drop.querySelector("[data-files]");
  if (!list) return;
  const size = (bytes) => `${(bytes / 1048576).toFixed(1)} MB`;
  list.replaceChildren(...[...input.files].map((file) => {
    const item = document.createElement("li");
    item.textContent = `${file.name} (${size(file.size)})`;
    return item;
  }));
}

for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const drop = event.target.closest?.("[data-drop]");
    if (!drop) return;
    drop.classList.toggle("over", kind === "dragover");
    if (kind === "dragleave") return;
    event.preventDefault();
    if (kind !== "drop" || !event.dataTransfer.files.length) return;
    const input = drop.querySelector('input[type="file"]');
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

document.addEventListener("change", (event) => {
  const drop = event.target.closest("[data-drop]");
  if (drop) names(drop);
  if (event.target.closest("[data-autosubmit]")) event.target.form.requestSubmit();
});

// --- errors ------------------------------------------------------------------------------------

const summary = document.querySelector("[data-summary]");
if (summary) {
  summary.tabIndex = -1;
  summary.focus();
}
