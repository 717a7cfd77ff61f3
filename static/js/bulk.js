// Choosing rows: [data-bulk] holds [data-pick] boxes (Shift picks a range), [data-pick-all] and a
// [data-bulk-bar] that shows while something is chosen; [data-bulk-count] says how many.

let last = null;

function refresh(bulk) {
  const picks = [...bulk.querySelectorAll("[data-pick]")];
  const chosen = picks.filter((pick) => pick.checked);
  picks.forEach((pick) => pick.closest("[data-row]")?.classList.toggle("chosen", pick.checked));
  const all = bulk.querySelector("[data-pick-all]");
  if (all) {
    all.checked = picks.length > 0 && chosen.length === picks.length;
    all.indeterminate = chosen.length > 0 && chosen.length < picks.length;
  }
  const bar = bulk.querySelector("[data-bulk-bar]");
  if (bar) bar.hidden = chosen.length === 0;
  const count = bulk.querySelector("[data-bulk-count]");
  if (count) count.textContent = count.dataset.bulkCount.replace("{n}", chosen.length);
}

document.addEventListener("click", (event) => {
  const pick = event.target.closest("[data-pick]");
  const bulk = event.target.closest("[data-bulk]");
  if (!bulk) return;
  if (event.target.closest("[data-pick-none]")) {
    bulk.querySelectorAll("[data-pick]").forEach((box) => { box.checked = false; });
    refresh(bulk);
  }
  if (!pick) return;
  if (event.shiftKey && last && bulk.contains(last)) {
    const picks = [...bulk.querySelectorAll("[data-pick]")];
    const [from, to] = [picks.indexOf(last), picks.indexOf(pick)].sort((a, b) => a - b);
    picks.slice(from, to + 1).forEach((box) => { box.checked = pick.checked; });
  }
  last = pick;
  refresh(bulk);
});

document.addEventListener("change", (event) => {
  const bulk = event.target.closest("[data-bulk]");
  if (!bulk) return;
  if (event.target.matches("[data-pick-all]")) {
    bulk.querySelectorAll("[data-pick]").forEach((box) => { box.checked = event.target.checked; });
  }
  refresh(bulk);
});

const start = () => document.querySelectorAll("[data-bulk]").forEach(refresh);
start();
window.addEventListener("pageshow", start);
document.addEventListener("htmx:afterSettle", start);
