// Native dialogs: [data-open="id"] opens one, and [data-confirm] or hx-confirm asks first.
// data-confirm = the question; data-confirm-title, data-confirm-yes = other words; data-confirm-bad
// marks what cannot be undone.

const asking = document.getElementById("confirm");
const usual = asking && {
  title: asking.querySelector("[data-title]").textContent,
  yes: asking.querySelector("[data-yes]").textContent,
};

function ask(question, { confirmTitle, confirmYes, confirmBad } = {}) {
  asking.querySelector("[data-title]").textContent = confirmTitle || usual.title;
  asking.querySelector("[data-text]").textContent = question;
  const yes = asking.querySelector("[data-yes]");
  yes.textContent = confirmYes || usual.yes;
  yes.className = confirmBad === undefined ? "primary" : "danger solid";
  asking.returnValue = "no";
  asking.showModal();
  return new Promise((resolve) => {
    asking.addEventListener("close", () => resolve(asking.returnValue === "yes"), { once: true });
  });
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) {
    opener.closest("details.menu")?.removeAttribute("open");
    document.getElementById(opener.dataset.open)?.showModal();
    return;
  }
  event.target.closest("[data-close]")?.closest("dialog")?.close();
  // A click on the dialog itself, not on what is in it, is a click on its backdrop.
  if (event.target instanceof HTMLDialogElement) event.target.close("no");
});

if (asking) {
  let agreed = null;
  document.addEventListener("submit", async (event) => {
    const { target: form, submitter } = event;
    const holder = submitter?.dataset.confirm ? submitter : form;
    if (!holder.dataset.confirm || agreed === form) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!(await ask(holder.dataset.confirm, holder.dataset))) return;
    agreed = form;
    form.requestSubmit(submitter);
    agreed = null;
  }, true);

  document.addEventListener("htmx:confirm", async (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    if (await ask(event.detail.question, event.detail.elt.dataset)) event.detail.issueRequest(true);
  });
}
