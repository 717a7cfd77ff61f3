// Keeps the time left in clock chips true while the page lies open. A chip that may be counted in
// plain time carries data-due; its words come from #time-words, the same the server uses.

const words = document.getElementById("time-words")?.dataset;
const MINUTE = 60000;

function amount(ms) {
  const minutes = Math.max(0, Math.floor(ms / MINUTE));
  const parts = [
    [words.day, Math.floor(minutes / 1440)],
    [words.hour, Math.floor(minutes / 60) % 24],
    [words.minute, minutes % 60],
  ];
  const first = parts.findIndex(([, value]) => value > 0);
  const shown = first < 0 ? [parts[2]] : parts.slice(first, first + 2).filter(([, n]) => n > 0);
  return shown.map(([word, value]) => word.replace("{n}", value)).join(words.join || " ");
}

function tick() {
  const now = Date.now();
  for (const chip of document.querySelectorAll("[data-due]")) {
    const left = Date.parse(chip.dataset.due) - now;
    const text = (left >= 0 ? words.left : words.late).replace("{time}", amount(Math.abs(left)));
    if (left < 0 && chip.dataset.state !== "breached") chip.dataset.state = "breached";
    const place = chip.querySelector("[data-words]") ?? chip;
    if (place.textContent !== text) place.textContent = text;
  }
}

if (words) {
  tick();
  setTimeout(() => { tick(); setInterval(tick, MINUTE); }, MINUTE - (Date.now() % MINUTE));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") tick();
  });
}
