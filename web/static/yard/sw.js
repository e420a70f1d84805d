// Keeps the pages of the phone path whole: one version at a time, all of it or none.
const CACHE = `campo-${SHELL.version}`;

self.addEventListener("install", (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOthers().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && url.pathname.startsWith(SHELL.root)) event.respondWith(page(request, url));
  else if (SHELL.kept.includes(url.pathname)) event.respondWith(kept(url.pathname, request));
});

async function keep() {
  const cache = await caches.open(CACHE);
  // Past the browser's own cache: else an old page could be kept with new scripts.
  await cache.addAll(SHELL.kept.map((path) => new Request(path, { cache: "reload" })));
}

async function forgetOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("campo-") && name !== CACHE).map((name) => caches.delete(name)));
}

/** The page as it was kept, in the language asked for; from the network if it is none of ours. */
async function page(request, url) {
  const cache = await caches.open(CACHE);
  const wanted = url.searchParams.get("lang") === "en" ? "en" : "es";
  return (await cache.match(`${url.pathname}?lang=${wanted}`)) ?? fetch(request);
}

async function kept(path, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
}
