// The wallet while it lies open: what the customer is asked, and what televisions ask for, come by themselves.

const page = document.querySelector("[data-asks]");
const BEEN = "millet-asked";

/** Go where the customer is asked, but only once: whoever comes back has chosen to. */
export function goWhereAsked(payments) {
  const been = new Set(JSON.parse(sessionStorage.getItem(BEEN) ?? "[]"));
  const question = payments.find((one) => one.ask && !been.has(one.id));
  if (!question) return false;
  sessionStorage.setItem(BEEN, JSON.stringify([...been, question.id].slice(-50)));
  location.assign(question.ask);
  return true;
}

/** Show what televisions ask for now, as a fresh page would. */
async function showRequests(requests) {
  const region = page.querySelector("[data-requests]");
  if (requests === region.dataset.requests) return;
  try {
    const answer = await fetch(page.dataset.here, { cache: "no-store" });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = fresh.querySelector("[data-requests]");
    if (!now) return;
    region.replaceChildren(...now.childNodes);
    region.dataset.requests = now.dataset.requests;
  } catch {
    // The next news shows it.
  }
}

if (page) {
  const news = new EventSource(new URL(page.dataset.asks, location.href));
  news.addEventListener("codes", (event) => {
    const told = JSON.parse(event.data);
    if (!goWhereAsked(told.data)) showRequests(told.requests);
  });
  addEventListener("pagehide", () => news.close());
}
