// Money on its way between a bank and the wallet: the page follows until the bank has said.

const page = document.querySelector("[data-movement]");
const news = new EventSource(new URL(page.dataset.movement, location.href));
news.addEventListener("movement", (event) => {
  if (JSON.parse(event.data).status !== page.dataset.status) {
    news.close();
    location.reload();
  }
});
addEventListener("pagehide", () => news.close());
