// Taking a complaint down: suggestions become answers with one click, Ctrl+Enter saves.

const form = document.getElementById("intake");
const PERSON = ["name", "organisation", "phone", "email", "customer_number", "address", "needs"];

function set(name, value) {
  const field = form.elements[name];
  if (!field) return;
  if (field instanceof RadioNodeList) {
    [...field].forEach((radio) => { radio.checked = radio.value === value; });
  } else if (field.type === "checkbox") field.checked = value === true || value === "on";
  else field.value = value;
}

function told(name) {
  const field = form.elements[name];
  const one = field instanceof RadioNodeList ? field[0] : field;
  one?.dispatchEvent(new Event("input", { bubbles: true }));
}

function openFold(name) {
  const field = form.elements[name];
  (field instanceof RadioNodeList ? field[0] : field)?.closest("details")?.setAttribute("open", "");
}

document.addEventListener("click", (event) => {
  const person = event.target.closest("[data-use-person]");
  if (person) {
    event.preventDefault();
    const known = JSON.parse(person.dataset.usePerson);
    for (const name of PERSON) if (known[name]) set(name, known[name]);
    set("complainant", person.value);
    set("anonymous", false);
    told("phone");
  }
  if (event.target.closest("[data-drop-person]")) {
    event.preventDefault();
    set("complainant", "");
    told("phone");
  }
  const category = event.target.closest("[data-use-category]");
  if (category) {
    set("category", category.dataset.useCategory);
    told("category");
    form.elements.category.focus();
  }
  const emergency = event.target.closest("[data-use-emergency]");
  if (emergency) {
    set("emergency", true);
    set("emergency_trigger", emergency.dataset.useEmergency);
    openFold("emergency");
    told("emergency");
    form.elements.emergency_facts.focus();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("[data-save]"));
});
