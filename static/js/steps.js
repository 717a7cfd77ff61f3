// Steps of a complaint that open in place: the menu closes behind them, Escape and "Cancel" close
// them, focus goes in and comes back, and a letter somebody is typing is never swapped away.

const place = document.getElementById("step");
let opener = null;

// What is wrong first; else the field to type into; else the heading, from which Tab leads on.
function focusIn() {
  const first = place.querySelector("form :is(input:not([type=hidden]), textarea, select)");
  const field = first?.matches("[type=radio], [type=checkbox]") ? null : first;
  const heading = place.querySelector("[data-step-focus]");
  const target = place.querySelector("[data-summary]") ?? (heading && (field ?? heading));
  target?.focus({ preventScroll: true });
}

function close() {
  place.replaceChildren();
  if (opener?.isConnected) opener.focus();
  opener = null;
}

document.addEventListener("click", (event) => {
  const open = event.target.closest("[data-step-open]");
  if (open) {
    opener = open.closest("details.menu")?.querySelector("summary") ?? open;
    open.closest("details.menu")?.removeAttribute("open");
  }
  if (event.target.closest("[data-step-close]") && place) {
    event.preventDefault();
    close();
  }
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target === place) focusIn();
});

// The text read aloud is the text that is recorded.
document.addEventListener("input", (event) => {
  if (event.target.name !== "text") return;
  const read = document.getElementById("read-out");
  if (read) read.textContent = event.target.value;
});

// A draft that comes back after somebody has gone on typing comes too late.
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.requestConfig.elt.closest?.("form");
  if (event.detail.target.id === "letter" && form) {
    event.detail.xhr.typedText = form.elements.text?.value;
  }
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr } = event.detail;
  if (target.id !== "letter" || xhr.typedText === undefined) return;
  if (target.querySelector('[name="text"]')?.value !== xhr.typedText) event.detail.shouldSwap = false;
});

if (place?.childElementCount) focusIn();
