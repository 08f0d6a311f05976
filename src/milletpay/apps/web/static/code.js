// The payment code: made here from a key that this browser keeps, drawn, turned, and followed until it has paid.

import { goWhereAsked } from "./asked.js";
import { NoAliases, PaymentCodes, bars, importKey, picture, spaced, square, unpackAliases } from "./payment_code.js";
import { forgetPage, keepPage } from "./kept_page.js";
import { drop, keep, load } from "./phone_store.js";

const page = document.querySelector("[data-code]");
const customer = page.dataset.customer;
const find = (name) => page.querySelector(`[data-${name}]`);
const TOLD = "millet-told";
const ENOUGH_MS = 6 * 24 * 3600 * 1000;
const OVER = ["succeeded", "authorized", "failed", "reversed"];

let phone = null;
let codes = null;
let turning = 0;
let turnsAt = 0;
let stepMs = 30_000;
let revealed = false;

function show(state) {
  for (const section of page.querySelectorAll("[data-state]")) section.hidden = section.dataset.state !== state;
}

// --- The code -----------------------------------------------------------------------------------------------

function masked(code) {
  return spaced(code).replace(/\d/g, (digit, at) => (at < 4 ? digit : "•"));
}

async function draw() {
  clearTimeout(turning);
  let made;
  try {
    made = await codes.current();
  } catch (error) {
    if (!(error instanceof NoAliases)) throw error;
    show("stale");
    return;
  }
  find("bars").replaceChildren(picture(bars(made.code), find("bars").dataset.bars));
  find("square").replaceChildren(picture(square(made.code), find("square").dataset.square));
  find("digits-shown").textContent = revealed ? spaced(made.code) : masked(made.code);
  find("digits-shown").classList.toggle("masked", !revealed);
  find("warn").hidden = !revealed;
  find("reveal").setAttribute("aria-pressed", String(revealed));
  show("code");
  performance.mark("payment-code");  // how soon it was there: `performance.getEntriesByName`
  turnsAt = performance.now() + made.turnsIn;
  turning = setTimeout(turn, made.turnsIn + 5);
  keep(customer, { ...phone, shown: codes.shown }).catch(() => {});
}

function turn() {
  revealed = false;
  page.classList.remove("waits");
  find("all-shown").hidden = true;
  find("refresh").removeAttribute("aria-disabled");
  return draw();
}

function another() {
  revealed = false;
  if (!codes.refresh()) {
    // What is on the screen may have been used: nothing is shown until the turn.
    page.classList.add("waits");
    find("all-shown").hidden = false;
    find("warn").hidden = true;
    find("refresh").setAttribute("aria-disabled", "true");
    return;
  }
  draw();
}

function tick() {
  const left = Math.max(0, turnsAt - performance.now());
  find("ring").style.strokeDashoffset = String(100 - (100 * left) / stepMs);
}

// --- The phone ----------------------------------------------------------------------------------------------

/** How far this device's clock is behind the server's, by the answer's own date; nothing for a few seconds. */
function behindBy(answer) {
  const told = Date.parse(answer.headers.get("date") ?? "");
  const behind = Number.isNaN(told) ? 0 : told + 500 - Date.now();
  return Math.abs(behind) > 3000 ? behind : 0;
}

async function fill() {
  const answer = await fetch(`${page.dataset.aliases}?phone=${phone.device}`, { cache: "no-store" });
  if (answer.redirected) {
    location.reload();
    return;
  }
  if (answer.status === 404) {
    // It was taken out of use: what it kept is worth nothing.
    await drop(customer);
    phone = null;
    codes = null;
    clearTimeout(turning);
    show("enroll");
    forgetPage().catch(() => {});
    return;
  }
  if (!answer.ok) return;
  const given = await answer.json();
  phone = {
    ...phone,
    firstEpoch: given.first_epoch,
    aliases: unpackAliases(given.aliases),
    behind: behindBy(answer),
    shown: codes?.shown ?? phone.shown,
  };
  await keep(customer, phone);
  begin();
}

function begin() {
  if (!phone?.aliases) return;
  codes = new PaymentCodes({ ...phone, shown: codes ? null : phone.shown });
  if (phone.shown && codes.shown.step < 0) codes.shown = phone.shown;
  draw();
}

let busy = false;

async function enroll(form) {
  if (busy) return;
  busy = true;
  const wrong = find("not-enrolled");
  const button = form.querySelector("button");
  button.setAttribute("aria-disabled", "true");
  wrong.textContent = "";
  try {
    const answer = await fetch(page.dataset.phones, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (answer.redirected) location.reload();
    if (!answer.ok) throw new Error("refused");
    const given = await answer.json();
    if (given.said) {
      wrong.textContent = given.said;
    } else {
      phone = { device: given.device, key: await importKey(given.key) };
      await keep(customer, phone);
      await navigator.storage?.persist?.().catch(() => false);
      await fill();
      listen();
      keepPage().catch(() => {});
    }
  } catch {
    wrong.textContent = wrong.dataset.notEnrolled;
  }
  busy = false;
  form.elements.pin.value = "";
  delete form.dataset.sent;
  button.removeAttribute("aria-disabled");
}

// --- What becomes of it -------------------------------------------------------------------------------------

function tell(one) {
  const paid = one.status !== "failed" && one.status !== "reversed";
  const news = find(paid ? "paid-form" : "failed-form").content.cloneNode(true);
  const to = news.querySelector("[data-to]");
  if (to) to.textContent = to.dataset.to.replace("{name}", one.merchant);
  news.querySelector("[data-amount]").textContent = one.amount;
  find("news").replaceChildren(news);
}

function hear(payments) {
  const kept = sessionStorage.getItem(TOLD);
  const told = JSON.parse(kept ?? "{}");
  let changed = false;
  for (const one of [...payments].reverse()) {
    // What was over before this browser began to listen is no news.
    if (kept !== null && told[one.id] !== one.status) {
      changed = true;
      const said = page.querySelector(`[data-paid="${one.id}"]`);
      if (OVER.includes(one.status) && !said) tell(one);
    }
    told[one.id] = one.status;
  }
  sessionStorage.setItem(TOLD, JSON.stringify(Object.fromEntries(Object.entries(told).slice(-50))));
  if (!goWhereAsked(payments) && changed && codes) another();
}

let news = null;
function listen() {
  if (news) return;
  news = new EventSource(new URL(page.dataset.events, location.href));
  news.addEventListener("codes", (event) => hear(JSON.parse(event.data).data));
}

// --- The page -----------------------------------------------------------------------------------------------

function network() {
  find("offline").hidden = navigator.onLine;
  if (!navigator.onLine) {
    news?.close();
    news = null;
    return;
  }
  if (phone) listen();
  const lasts = codes ? codes.lastsUntil - Date.now() : 0;
  if (phone && lasts < ENOUGH_MS) fill().catch(() => {});
}

async function stayAwake() {
  if (document.hidden) return;
  await navigator.wakeLock?.request("screen").catch(() => {});
}

async function start() {
  if (!globalThis.crypto?.subtle || !globalThis.indexedDB) {
    show("unsupported");
    return;
  }
  phone = (await load(customer)) ?? null;
  if (!phone) {
    show("enroll");
    return;
  }
  begin();
  if (!navigator.onLine) return;
  listen();
  keepPage().catch(() => {});
  // A retired phone is told so, and one with few aliases is given more; neither is waited for.
  fill().catch(() => {});
}

find("enroll")?.addEventListener("submit", (event) => {
  event.preventDefault();
  enroll(event.target);
});
find("reveal").addEventListener("click", () => {
  revealed = !revealed;
  draw();
});
find("refresh").addEventListener("click", another);
find("again").addEventListener("click", () => fill().catch(() => {}));
addEventListener("online", network);
addEventListener("offline", network);
addEventListener("pagehide", () => news?.close());
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
document.addEventListener("visibilitychange", () => {
  stayAwake();
  if (!document.hidden && codes && performance.now() >= turnsAt) turn();
});
if (location.search) history.replaceState(null, "", location.pathname);
setInterval(tick, 250);
network();
stayAwake();
start();
