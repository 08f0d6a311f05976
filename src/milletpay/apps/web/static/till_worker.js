// The till's page opens without a network: this gives the page and its files as they were last loaded, and
// nothing else. What the API answers never comes near it. VERSION and FILES stand above, put there by the server.

/* global VERSION, FILES */

const CACHE = `millet-till-${VERSION}`;
const PAGE = "/till";
const PATIENCE_MS = 4000;

async function fill() {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES);
  await keepPage(await fetch(PAGE, { cache: "reload", credentials: "same-origin" }));
}

// The page of another version belongs to that version's worker.
async function keepPage(reply) {
  if (!reply.ok || reply.redirected) return;
  const text = await reply.clone().text();
  if (!text.includes(`/static/${VERSION}/`)) return;
  await (await caches.open(CACHE)).put(PAGE, reply);
}

async function givePage(event) {
  const asked = fetch(event.request, { signal: AbortSignal.timeout(PATIENCE_MS) });
  try {
    const reply = await asked;
    const named = new URL(event.request.url).search;
    if (!named) event.waitUntil(keepPage(reply.clone()));
    return reply;
  } catch (error) {
    const kept = await caches.match(PAGE, { cacheName: CACHE, ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
}

async function giveFile(request) {
  const kept = await caches.match(request, { cacheName: CACHE, ignoreVary: true });
  return kept ?? fetch(request);
}

async function dropOthers() {
  for (const name of await caches.keys()) {
    if (name.startsWith("millet-till-") && name !== CACHE) await caches.delete(name);
  }
  await clients.claim();
}

addEventListener("install", (event) => event.waitUntil(fill().then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(dropOthers()));
addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== location.origin || event.request.method !== "GET") return;
  if (event.request.mode === "navigate" && url.pathname === PAGE) event.respondWith(givePage(event));
  else if (FILES.includes(url.pathname)) event.respondWith(giveFile(event.request));
});
