// Keeps what is being typed: form[data-draft-url] is posted there on every pause; without a
// connection or a session it is kept on this device until the server has it again.
//   data-draft-key    what the copy on this device is called; names the person and the form
//   data-draft-saved  when the server's copy (already in the form) was saved, ISO
//   [data-draft-state] shows the state in the words of its own data-* attributes; {time} is filled in
// The server answers the POST with JSON: {"saved_at": ISO}. Hidden fields travel along, so a key in
// one of them names the draft, and the copy on this device belongs to the same one.

const PAUSE_MS = 1200;
const RETRY_MS = 15000;
const KEEP_MS = 7 * 24 * 3600 * 1000;
const UNKEPT = "csrfmiddlewaretoken";

// The desk's time, as everywhere on the page, wherever this device is.
const { timeZone } = document.body.dataset;
const time = (date) => date.toLocaleTimeString(document.documentElement.lang, {
  hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone,
});

class Draft {
  constructor(form) {
    this.form = form;
    this.url = form.dataset.draftUrl;
    this.key = `draft:${form.dataset.draftKey || location.pathname}`;
    this.output = form.querySelector("[data-draft-state]");
    this.timer = null;
    this.passed = false;
    this.restore();
    // Not "change": it comes when the button is pressed, and new words beside it would move it away.
    form.addEventListener("input", () => this.touched());
    form.addEventListener("submit", (event) => this.submitting(event));
    window.addEventListener("online", () => this.kept() && this.save());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden" && this.timer) this.save();
    });
    setInterval(() => this.kept() && !this.timer && this.save(), RETRY_MS);
  }

  say(state, when = new Date()) {
    this.form.dataset.draftNow = state;
    const words = this.output?.dataset[state];
    if (words === undefined) return;
    const text = words.replace("{time}", time(when));
    if (this.output.textContent !== text) this.output.textContent = text;
    this.output.dataset.now = state;
  }

  values() {
    return [...new FormData(this.form)].filter(
      ([name, value]) => name !== UNKEPT && typeof value === "string",
    );
  }

  kept() {
    try {
      return JSON.parse(localStorage.getItem(this.key));
    } catch {
      return null;
    }
  }

  keep() {
    try {
      localStorage.setItem(this.key, JSON.stringify({ at: Date.now(), values: this.values() }));
      return true;
    } catch {
      return false; // no room or no permission: say so instead of pretending
    }
  }

  forget() {
    try {
      localStorage.removeItem(this.key);
    } catch {
      // Nothing could be kept, so there is nothing to forget.
    }
  }

  restore() {
    const copy = this.kept();
    if (!copy) return;
    const server = Date.parse(this.form.dataset.draftSaved || "") || 0;
    if (Date.now() - copy.at > KEEP_MS || copy.at <= server) {
      this.forget();
      return;
    }
    for (const field of this.form.elements) {
      if (!field.name || field.name === UNKEPT || field.type === "file") continue;
      const mine = copy.values.filter(([name]) => name === field.name).map(([, value]) => value);
      if (["checkbox", "radio"].includes(field.type)) field.checked = mine.includes(field.value);
      else if (field.multiple && field.options) {
        for (const option of field.options) option.selected = mine.includes(option.value);
      } else if (mine.length) [field.value] = mine;
    }
    this.say("restored", new Date(copy.at));
    this.form.dispatchEvent(new CustomEvent("draft:restored", { bubbles: true }));
    this.save();
  }

  touched() {
    this.say("unsaved");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), PAUSE_MS);
  }

  // Resolves to true when the server has it.
  async save() {
    clearTimeout(this.timer);
    this.timer = null;
    this.keep(); // first on this device: the answer may never come
    const body = new URLSearchParams(this.values());
    let answer;
    try {
      answer = await fetch(this.url, {
        method: "POST", body, redirect: "manual", keepalive: String(body).length < 60000,
        headers: { "X-CSRFToken": this.token(), Accept: "application/json" },
      });
    } catch {
      this.say(this.kept() ? "kept" : "lost");
      return false;
    }
    if (answer.type === "opaqueredirect" || [401, 403].includes(answer.status)) {
      this.say("signedOut");
      return false;
    }
    if (!answer.ok) {
      this.say(this.kept() ? "kept" : "lost");
      return false;
    }
    await this.saved(answer);
    return true;
  }

  async saved(answer) {
    const told = await answer.json().catch(() => ({}));
    if (this.timer) return; // somebody typed meanwhile: the newer text is still only here
    this.forget();
    this.form.dispatchEvent(new CustomEvent("draft:saved", { bubbles: true }));
    this.say("saved", told.saved_at ? new Date(told.saved_at) : new Date());
  }

  token() {
    const cookie = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
    return cookie || this.form.elements.csrfmiddlewaretoken?.value || "";
  }

  // The form leaves only when the server is there and knows us; otherwise nothing is lost.
  async submitting(event) {
    if (this.passed || event.defaultPrevented) {
      this.passed = false;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    const { submitter } = event;
    if (!(await this.save())) {
      this.output?.scrollIntoView({ block: "nearest" });
      return;
    }
    this.passed = true;
    this.form.requestSubmit(submitter);
  }
}

const start = (root) => root.querySelectorAll("form[data-draft-url]").forEach((form) => {
  if (form.dataset.draftNow !== undefined) return;
  form.dataset.draftNow = "";
  new Draft(form);
});
start(document);
document.addEventListener("htmx:load", (event) => start(event.detail.elt.parentElement ?? document));
