// A television: four arrows move to what is nearest, Back goes back, and a screen that wakes looks again.

const page = document.querySelector("[data-screen]");
const EVERY_MS = 3000;
let leaving = false;

const stops = () => [...document.querySelectorAll("main a, main button, .tv-top a")];

function middle(one) {
  const box = one.getBoundingClientRect();
  return { x: box.left + box.width / 2, y: box.top + box.height / 2, height: box.height };
}

function move(x, y) {
  const from = document.activeElement;
  if (!stops().includes(from)) {
    stops()[0]?.focus();
    return;
  }
  const here = middle(from);
  let nearest = null;
  let least = Infinity;
  for (const stop of stops()) {
    const there = middle(stop);
    const along = (there.x - here.x) * x + (there.y - here.y) * y;
    const aside = Math.abs((there.x - here.x) * y) + Math.abs((there.y - here.y) * x);
    // Sidewards means in the row: right of the last card is not the corner far above it.
    const above = Math.abs(there.y - here.y) > (there.height + here.height) / 2;
    if (stop === from || along < 1 || (x && above)) continue;
    const distance = along + 2 * aside;
    if (distance < least) [nearest, least] = [stop, distance];
  }
  nearest?.focus();
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

addEventListener("keydown", (event) => {
  if (event.key in ARROWS) {
    event.preventDefault();
    move(...ARROWS[event.key]);
  } else if (["Escape", "Backspace", "GoBack", "BrowserBack"].includes(event.key) && page.dataset.back) {
    event.preventDefault();
    location.assign(page.dataset.back);
  }
});

function seen(standing) {
  if (leaving || standing === page.dataset.standing) return;
  leaving = true;
  location.reload();
}

// Events come at once where they come; asking now and then helps where a proxy keeps them back or sleep ended them.
async function ask() {
  if (leaving || document.hidden || !page.dataset.screen) return;
  try {
    const answer = await fetch(page.dataset.screen, { cache: "no-store" });
    if (answer.ok) seen((await answer.json()).standing);
  } catch {
    // It is asked again.
  }
}

if (page.dataset.events) {
  const news = new EventSource(new URL(page.dataset.events, location.href));
  news.addEventListener("payment", (event) => seen(JSON.parse(event.data).standing));
  addEventListener("pagehide", () => news.close());
}
setInterval(ask, EVERY_MS);
document.addEventListener("visibilitychange", ask);
addEventListener("online", ask);
addEventListener("pagehide", () => { leaving = true; });
stops().find((stop) => stop.closest("main"))?.focus();
