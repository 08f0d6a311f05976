// The wallet while it lies open: what the customer is asked comes by itself, once.

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

if (page) {
  const news = new EventSource(new URL(page.dataset.asks, location.href));
  news.addEventListener("codes", (event) => goWhereAsked(JSON.parse(event.data).data));
  addEventListener("pagehide", () => news.close());
}
