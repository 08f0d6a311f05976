// The payment code's page, kept for when there is no network: only on a phone that shows codes, and only as long
// as its owner is signed in.

const SCOPE = "/wallet/code";

/** Keep it from now on. */
export async function keepPage() {
  await navigator.serviceWorker?.register(`${SCOPE}/worker.js`, { scope: SCOPE, updateViaCache: "none" });
}

/** Let it go, whatever version it is of. */
export async function forgetPage() {
  const worker = await navigator.serviceWorker?.getRegistration(SCOPE);
  if (worker && new URL(worker.scope).pathname === SCOPE) await worker.unregister();
  const names = (await globalThis.caches?.keys()) ?? [];
  await Promise.all(names.filter((name) => name.startsWith("millet-code-")).map((name) => caches.delete(name)));
}
