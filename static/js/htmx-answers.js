// What happens to an answer that is not a plain success: refusals go into the form's error slot,
// faults into a bar on the page. The words come from templates in components/page_dialogs.html.

const LOGIN = document.body.dataset.login;

function showBar(name, { quietly = false } = {}) {
  const place = document.getElementById("trouble");
  const words = document.getElementById(`bar-${name}`);
  if (!place || !words || place.querySelector(`[data-bar="${name}"]`)) return;
  // What a timer fetched speaks once; what a person asked for speaks each time.
  if (quietly && place.dataset.said === name) return;
  place.dataset.said = name;
  place.append(words.content.cloneNode(true));
  if (!quietly) place.scrollIntoView({ block: "nearest" });
}

function clearBar(name) {
  document.querySelector(`#trouble [data-bar="${name}"]`)?.remove();
}

const byTimer = (detail) => !detail.requestConfig?.triggeringEvent?.isTrusted;

// A form's slot is [data-errors] inside it, or the one that data-errors-in names.
function slotOf(element) {
  const form = element?.closest("form, [data-errors-in]");
  const named = form?.dataset.errorsIn && document.querySelector(form.dataset.errorsIn);
  return named || form?.querySelector("[data-errors]") || document.getElementById("trouble");
}

document.addEventListener("htmx:configRequest", (event) => {
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  if (token) event.detail.headers["x-csrftoken"] = token; // it changes when one signs in again
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const slot = event.target.closest("form")?.querySelector("[data-errors]");
  slot?.replaceChildren();
});

// Swapping in the same emergencies would make a screen reader say them again every half minute.
function sameEmergencies({ target, serverResponse }) {
  const listed = (root) => [...root.querySelectorAll("[data-emergency]")]
    .map((item) => item.dataset.emergency).join();
  const fresh = new DOMParser().parseFromString(serverResponse, "text/html");
  return listed(fresh) === listed(target);
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = event;
  const { status, responseURL } = detail.xhr;
  clearBar("offline"); // whatever it says, it answered
  if (LOGIN && responseURL && new URL(responseURL).pathname === LOGIN) {
    detail.shouldSwap = false;
    showBar("signed-out", { quietly: byTimer(detail) });
    return;
  }
  if (status < 400) {
    clearBar("signed-out");
    if (detail.target.id === "emergencies" && sameEmergencies(detail)) detail.shouldSwap = false;
    return;
  }
  if (detail.serverResponse.includes("data-refusal")) {
    detail.shouldSwap = true;
    detail.isError = false;
    detail.target = slotOf(detail.requestConfig.elt);
    detail.swapOverride = "innerHTML";
  } else if (status === 422 || status === 409) {
    detail.shouldSwap = true; // the form again, with its errors or with what changed meanwhile
    detail.isError = false;
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  const wrong = event.detail.target.querySelector?.("[data-refusal], [data-summary]");
  if (!wrong) return;
  wrong.tabIndex = -1;
  wrong.focus();
});

document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  const name = status === 401 ? "signed-out" : status === 404 || status === 410 ? "gone" : "fault";
  showBar(name, { quietly: byTimer(event.detail) });
});

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    showBar("offline", { quietly: byTimer(event.detail) });
  });
}
