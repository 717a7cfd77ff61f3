// The intake of shops: saves on the device first, sends when there is a line, loses nothing.
// Every word comes from the page's data-* attributes; the service worker keeps the page itself.

const places = document.body.dataset;
const store = await import(places.store);
const words = document.getElementById("said").dataset;
const form = document.getElementById("intake");
const wrong = document.getElementById("wrong");
const RETRY_MS = 20000;
const KEPT_SENT_MS = 7 * 24 * 3600 * 1000;
const ME = "shop:me";

let me = JSON.parse(localStorage.getItem(ME) || "null");
let editing = null; // the row that is being corrected
let busy = false;
let again = false;

if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register(places.worker, { scope: places.scope }).catch(() => {});
}
navigator.storage?.persist?.();

// randomUUID is missing where the page does not come over HTTPS.
const newKey = () => crypto.randomUUID?.() ?? "10000000-1000-4000-8000-100000000000".replace(
  /[018]/g, (c) => (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16),
);
const when = (iso) => new Date(iso).toLocaleString(document.documentElement.lang, {
  dateStyle: "medium", timeStyle: "short",
});
const cookie = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] || "";

// --- line and person ---------------------------------------------------------------------------

function line(there) {
  const shown = document.getElementById("line");
  shown.textContent = there ? shown.dataset.online : shown.dataset.offline;
  shown.classList.toggle("off", !there);
  document.querySelectorAll("[data-needs-line] button, button[data-needs-line]").forEach((button) => {
    button.disabled = !there;
  });
}

function signedOut(out) {
  document.getElementById("sign-in").hidden = !out;
}

function showMe() {
  const shown = document.getElementById("me");
  if (!me) shown.textContent = shown.dataset.unknown;
  else shown.textContent = me.may ? shown.dataset.me.replace("{name}", me.name) : shown.dataset.mayNot;
}

// Returns whether somebody is signed in who may send.
async function ask() {
  let answer;
  try {
    answer = await fetch(places.who, { headers: { Accept: "application/json" } });
  } catch {
    line(false);
    return false;
  }
  line(true);
  signedOut(answer.status === 401);
  if (!answer.ok) return false;
  me = await answer.json();
  localStorage.setItem(ME, JSON.stringify(me));
  showMe();
  return me.may;
}

// --- saving ------------------------------------------------------------------------------------

function refuse(text) {
  wrong.textContent = text;
  wrong.hidden = !text;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const given = new FormData(form);
  const values = Object.fromEntries([...given].filter(([, value]) => typeof value === "string"));
  if (!values.description.trim()) {
    refuse(wrong.dataset.empty);
    form.elements.description.focus();
    return;
  }
  const files = given.getAll("uploads").filter((file) => file.size);
  const row = {
    key: editing?.key ?? newKey(),
    state: "queued",
    values,
    files: files.length ? files : editing?.files ?? [],
    owner: editing ? editing.owner : me?.id ?? null,
    captured: editing?.captured ?? new Date().toISOString(),
  };
  try {
    await store.put(row);
  } catch {
    refuse(wrong.dataset.full); // say so instead of pretending
    return;
  }
  refuse("");
  editing = null;
  form.reset();
  await show();
  send();
});

// --- sending -----------------------------------------------------------------------------------

// Asked while it is at it (the line came back a moment too late), it goes over the list once more.
async function send() {
  again = busy;
  if (busy) return;
  busy = true;
  try {
    const waiting = (await store.all()).filter((row) => ["queued", "sending"].includes(row.state));
    if (waiting.length && (await ask())) {
      for (const row of waiting.reverse()) {
        if (!(await sendOne(row))) break;
      }
    }
    await forget();
  } finally {
    busy = false;
    await show();
  }
  if (again) send();
}

// Returns whether it makes sense to go on with the next.
async function sendOne(row, more = {}) {
  const body = new FormData();
  for (const [name, value] of Object.entries(row.values)) body.append(name, value);
  for (const file of row.files) body.append("uploads", file, file.name);
  body.set("key", row.key);
  body.set("captured_at", row.captured);
  body.set("sent_at", new Date().toISOString());
  if (row.owner !== null) body.set("captured_by", row.owner);
  for (const [name, value] of Object.entries(more)) body.set(name, value);
  await store.put({ ...row, state: "sending" });
  await show();
  let answer;
  try {
    answer = await fetch(places.send, {
      method: "POST", body, headers: { "X-CSRFToken": cookie(), Accept: "application/json" },
    });
  } catch {
    await store.put({ ...row, state: "queued" }); // the same key: sent twice, it stays one
    line(false);
    return false;
  }
  const told = await answer.json().catch(() => ({}));
  return settle(row, answer.status, told);
}

async function settle(row, status, told) {
  if (status === 200 || status === 201) {
    const { reference, url, recorded_at: recorded, warning: why } = told;
    await store.put({ ...row, state: "sent", files: [], reference, url, recorded, why });
    return true;
  }
  if (status === 401 || (status === 403 && !told.error)) {
    await store.put({ ...row, state: "queued" });
    signedOut(true);
    return false;
  }
  if (!told.error) { // the server is ill: later
    await store.put({ ...row, state: "queued" });
    return false;
  }
  const state = status === 409 ? "conflict" : "refused";
  await store.put({ ...row, state, why: told.error, code: told.code, field: told.field });
  return true;
}

async function forget() {
  for (const row of await store.all()) {
    const old = row.state === "sent" && Date.now() - Date.parse(row.recorded) > KEPT_SENT_MS;
    if (old) await store.drop(row.key);
  }
}

// --- showing -----------------------------------------------------------------------------------

async function show() {
  const rows = await store.all();
  document.getElementById("none").hidden = rows.length > 0;
  const template = document.getElementById("row");
  document.getElementById("waiting").replaceChildren(...rows.map((row) => {
    const item = template.content.cloneNode(true).firstElementChild;
    const at = (name) => item.querySelector(`[data-${name}]`);
    item.dataset.key = row.key;
    item.dataset.now = row.state;
    at("state").textContent = words[row.state];
    at("number").textContent = row.reference
      ?? words.provisional.replace("{number}", row.key.slice(0, 8).toUpperCase());
    at("words").textContent = row.values.description.slice(0, 160);
    at("times").textContent = (row.recorded ? words.timesSent : words.times)
      .replace("{captured}", when(row.captured))
      .replace("{recorded}", row.recorded ? when(row.recorded) : "");
    if (row.url) Object.assign(at("open"), { href: row.url, hidden: false });
    if (row.why && row.state !== "queued" && row.state !== "sending") {
      Object.assign(at("why"), { textContent: row.why, hidden: false });
    }
    item.querySelector("[data-do=edit]").hidden = row.state !== "refused";
    item.querySelector("[data-do=take]").hidden = row.code !== "somebody_else" || row.state !== "conflict";
    item.querySelector("[data-do=drop]").hidden = ["queued", "sending"].includes(row.state);
    return item;
  }));
}

const DO = {
  async edit(row) {
    editing = row;
    for (const [name, value] of Object.entries(row.values)) {
      const field = form.elements[name];
      if (!field || field.type === "file") continue;
      if (field.type === "checkbox") field.checked = value === "on";
      else field.value = value;
    }
    refuse(row.why);
    (form.elements[row.field] ?? form.elements.description).focus();
  },
  async take(row) {
    await sendOne(row, { take_over: "on" });
    await show();
  },
  async drop(row) {
    if (row.state !== "sent" && !window.confirm(words.drop)) return;
    await store.drop(row.key);
    await show();
  },
};

document.getElementById("waiting").addEventListener("click", async (event) => {
  const button = event.target.closest("[data-do]");
  if (!button) return;
  const row = await store.get(button.closest("[data-key]").dataset.key);
  if (row) await DO[button.dataset.do](row);
});

document.getElementById("send").addEventListener("click", send);
window.addEventListener("online", send);
window.addEventListener("offline", () => line(false));
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && send());
setInterval(send, RETRY_MS);

line(navigator.onLine);
showMe();
await show();
ask().then(send);
document.body.dataset.ready = "yes";
