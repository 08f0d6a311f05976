// A page opens without a network: this gives the page and its files as they were last loaded, and nothing else.
// What the API answers never comes near it. NAME, PAGE, VERSION and FILES stand above, put there by the server.

/* global NAME, PAGE, VERSION, FILES */

const CACHE = `${NAME}${VERSION}`;
const PATIENCE_MS = 2500;

const kept = (asked) => caches.match(asked, { cacheName: CACHE, ignoreVary: true });

/** Keep the page as it is now, or let it go when it is not given any more: whoever signed out has it no more. */
async function renew(reply) {
  const cache = await caches.open(CACHE);
  if (reply.redirected || reply.type === "opaqueredirect") await cache.delete(PAGE);
  // A page of another version belongs to the worker of that version.
  else if (reply.ok && (await reply.clone().text()).includes(`/static/${VERSION}/`)) await cache.put(PAGE, reply);
}

async function fill() {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES);
  await renew(await fetch(PAGE, { cache: "no-store", credentials: "same-origin" }));
}

/** From the network while that is quick and well, for there it says what is new; else as it was kept. */
async function givePage(event) {
  const asked = fetch(event.request);
  // A page with a query tells of something that has just happened.
  if (!new URL(event.request.url).search) {
    event.waitUntil(asked.then((reply) => renew(reply.clone())).catch(() => {}));
  }
  const spare = await kept(PAGE);
  if (!spare) return asked;
  const late = new Promise((done) => { setTimeout(done, PATIENCE_MS, spare); });
  const fresh = asked.then((reply) => (reply.status < 500 ? reply : spare), () => spare);
  return Promise.race([fresh, late]);
}

const giveFile = async (request) => (await kept(request)) ?? fetch(request);

async function dropOthers() {
  const others = (await caches.keys()).filter((name) => name.startsWith(NAME) && name !== CACHE);
  await Promise.all(others.map((name) => caches.delete(name)));
  await clients.claim();
}

addEventListener("install", (event) => event.waitUntil(fill().then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(dropOthers()));
addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (origin !== location.origin || event.request.method !== "GET") return;
  if (event.request.mode === "navigate" && pathname === PAGE) event.respondWith(givePage(event));
  else if (FILES.includes(pathname)) event.respondWith(giveFile(event.request));
});
