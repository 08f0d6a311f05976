// The cashier page while somebody looks: the time that is left, and news of the payment as it comes.

const page = document.querySelector("[data-till]");
const left = page.querySelector("[data-seconds-left]");
const news = new EventSource(new URL(page.dataset.events, location.href));
let leaving = false;

function again() {
  // Whoever has just sent the PIN is about to be answered, and the answer knows best where to go.
  if (leaving || page.querySelector("form[data-sent]")) return;
  leaving = true;
  news.close();
  location.replace(page.dataset.till);
}

news.addEventListener("payment", (event) => {
  if (JSON.parse(event.data).standing !== page.dataset.standing) again();
});
addEventListener("pagehide", () => news.close());

// Counted by the browser's own steady clock from what the server said: nobody's watch has to be right.
if (left) {
  const end = performance.now() + Number(left.dataset.secondsLeft) * 1000;
  const shown = left.querySelector("b");
  const two = (number) => String(number).padStart(2, "0");
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor((seconds % 3600) / 60);
    shown.textContent = `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
    left.classList.toggle("soon", seconds < 60);
    if (seconds > 0) setTimeout(tick, 250);
    else again();
  };
  tick();
}
