{% comment %}The service worker of the shops' intake. Parameters: page, assets.{% endcomment %}// Keeps the page of the shops' intake and what it needs, and nothing else: no answers, nobody's data.
// The name of the store follows from the addresses; with a new version of a file comes a new store.
const PAGE = "{{ page|escapejs }}";
const ASSETS = [{% for asset in assets %}"{{ asset|escapejs }}"{% if not forloop.last %}, {% endif %}{% endfor %}];
const STORE = `shop:${[...ASSETS].join("|")}`;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(STORE)
      .then((store) => store.addAll([PAGE, ...ASSETS]))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(
        names.filter((name) => name.startsWith("shop:") && name !== STORE)
          .map((name) => caches.delete(name)),
      ))
      .then(() => self.clients.claim()),
  );
});

// The page: from the net, so that it is new and in the chosen language; without a line, as kept.
async function page(request) {
  const store = await caches.open(STORE);
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected) await store.put(PAGE, answer.clone());
    return answer;
  } catch (error) {
    const kept = await store.match(PAGE);
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate" && pathname === PAGE) {
    event.respondWith(page(request));
  } else if (ASSETS.includes(pathname)) {
    event.respondWith(caches.match(pathname).then((kept) => kept || fetch(request)));
  }
});
