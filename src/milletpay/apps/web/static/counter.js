// The till: pairing, signing in, selling with a scanner, with a code and for cash, voids, refunds and reports.
// Works by keyboard alone; without a network it takes codes at the merchant's risk.

import { Cash } from "./till_cash.js";
import { Line, events } from "./till_line.js";
import { Risk } from "./till_risk.js";
import * as keys from "./till_keys.js";
import * as loop from "./till_loop.js";
import * as store from "./till_store.js";
import {
  at, chime, clock, fill, inChinese, line as row, minorOf, money, notice, page, show, sure, tell, words,
} from "./till_view.js";

const CURRENCY = "CNY";
const SCAN_PATIENCE_MS = 120_000;
const PROBE_MS = 3000;
const LEARN_MS = 30_000;
const FEED_SHOWN = 8;
const FEED_KNOWN = 200;

let paired = null;
let report = null;
let amount = 0;
let selling = null;
let inBackground = false;
let lastPayment = null;

const line = new Line({ key: () => paired?.key ?? null, turned });
const risk = new Risk({ line, changed: riskChanged });
const drawer = new Cash({ line, changed: cashChanged });

async function done(method, path, body) {
  try {
    const { status, told } = await line.ask(method, path, body);
    if (status < 300) return told;
    tell("bad", told.detail ?? told.title ?? words.no_answer);
  } catch {
    tell("bad", words.no_answer);
  }
  return null;
}

// Made before anything is sent, and never again: the time is in it, and chance.
function newReference() {
  const chance = crypto.getRandomValues(new Uint32Array(1))[0].toString(36);
  return `${paired.tid}-${Date.now().toString(36)}-${chance}`;
}

// --- what is shown -------------------------------------------------------------------------------------

function drawAmount() {
  at("amount").textContent = money(amount);
  for (const name of ["charge", "charge-code", "to-cash"]) at(name).disabled = amount === 0;
}

function drawTop() {
  at("who").textContent = report ? `${report.cashier} ${report.cashier_name}` : "";
  at("where").textContent = paired ? `${paired.store} · ${paired.number}` : "";
}

function drawLine() {
  page.dataset.line = line.isUp ? "up" : "down";
  at("line").hidden = !paired;
  at("line").className = `line ${line.isUp ? "up" : "down"}`;
  at("line-word").textContent = line.isUp ? words.line_up : words.line_down;
  at("charge-code").hidden = !line.isUp;
  at("charge-word").textContent = line.isUp ? words.charge : words.charge_alone;
  const { each } = risk.allowed;
  page.dataset.allowed = String(each);
  at("alone-banner").hidden = line.isUp;
  const left = risk.left;
  at("alone-word").textContent = each && Risk.canSeal
    ? fill(words.alone_allowed, { each: money(each), total: money(left.total), count: left.count })
    : words.alone_not_allowed;
  at("open-banner").hidden = !(selling && inBackground);
  if (selling) at("open-word").textContent = fill(words.open_sale, { amount: money(amountOf(selling)) });
}

const amountOf = (attempt) => JSON.parse(attempt.body).amount;

function riskChanged(decided) {
  const list = at("alone-list");
  const shown = [...risk.kept].sort((a, b) => b.taken - a.taken).slice(0, 20);
  list.replaceChildren(...shown.map((one) => {
    const state = one.outcome ?? "waiting";
    const text = [words[`alone_${state}`], words[`why_${one.why}`] ?? one.why].filter(Boolean).join(" · ");
    const made = row({ moment: one.taken, text, amount: one.amount, kind: state });
    made.dataset.sequence = one.sequence;
    return made;
  }));
  at("alone-sheet").hidden = !shown.length;
  page.dataset.waiting = String(risk.waiting);
  for (const one of decided) {
    if (one.outcome === "accepted") continue;
    tell("bad", fill(words.alone_lost, { amount: money(one.amount), why: words[`why_${one.why}`] ?? one.why }));
    chime("bad");
  }
  drawLine();
}

function cashChanged(noted) {
  page.dataset.cashWaiting = String(drawer.waiting.length);
  at("cash-banner").hidden = !drawer.waiting.length;
  at("cash-word").textContent = fill(words.cash_waiting, { count: drawer.waiting.length });
  if (noted?.refused) tell("bad", fill(words.cash_refused, { amount: money(noted.amount), why: noted.refused }));
}

// --- one sale ------------------------------------------------------------------------------------------

async function take(attempt, step) {
  const named = encodeURIComponent(attempt.reference);
  if (step === "pay") return line.ask("POST", "/v1/payments", attempt.body, attempt.key);
  if (step === "ask") return line.ask("GET", `/v1/payments?reference=${named}`);
  return line.ask("POST", "/v1/reversals", { reference: attempt.reference });
}

async function run(attempt) {
  selling = attempt;
  for (;;) {
    selling = loop.ticked(selling, { now: Date.now() });
    const step = loop.nextStep(selling, { now: Date.now() });
    page.dataset.phase = selling.phase;
    drawPaying();
    if (step === "stop") break;
    if (step === "wait") {
      const until = Math.min(selling.next_at, Math.max(selling.give_up_at, Date.now()));
      await pause(until - Date.now() + 1);
      continue;
    }
    selling = loop.sending(selling, step, { now: Date.now() });
    await store.keep("open", selling);
    try {
      const { status, told } = await take(selling, step);
      follow(told);
      selling = loop.answered(selling, step, loop.said(status, told));
    } catch {
      at("state").textContent = words.no_answer_yet;
    }
  }
  const ended = selling;
  await store.keep("open", ended);
  selling = null;
  drawLine();
  return ended;
}

let wake = () => {};
function pause(milliseconds) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.max(0, Math.min(milliseconds, 1000)));
    wake = () => { clearTimeout(timer); resolve(); };
  });
}

function drawPaying() {
  const undoing = selling.phase === "reversing";
  const seconds = Math.max(0, Math.floor((Date.now() - selling.begun_at) / 1000));
  at("elapsed").textContent = fill(words.seconds, { seconds });
  page.querySelector("[data-screen=paying]").classList.toggle("undoing", undoing);
  at("give-up").disabled = undoing;
  at("go-on").hidden = !(undoing && !line.isUp);
  // What is being undone is not to be paid any more.
  if (undoing) at("code-frame").hidden = true;
  if (undoing) at("state").textContent = line.isUp ? words.undoing : words.undoing_alone;
}

// While the customer has to do something, the screen says what; its code is shown large.
function follow(told) {
  const payment = told.object === "list" ? told.data[0] : (told.payment ?? told);
  if (!payment || payment.object !== "payment") return;
  lastPayment = payment;
  const code = at("code");
  if (payment.qr && selling.phase !== "reversing") {
    code.src = `/till/code/${payment.qr.payload.split("/").pop()}`;
    at("code-frame").hidden = false;
    at("state").textContent = words.let_scan;
  } else if (payment.status === "processing") {
    at("state").textContent = words.asked_on_phone;
  }
}

async function sell(payer, patience) {
  if (amount === 0) return;
  if (selling) return tell("bad", words.open_first);
  const reference = newReference();
  const body = { amount, currency: CURRENCY, reference };
  if (payer) body.payer = payer;
  const key = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const attempt = loop.begin({ reference, key, body: JSON.stringify(body), now: Date.now(), patience });
  selling = attempt;
  inBackground = false;
  tell("good", "");
  if (payer) await risk.sending(payer.payment_code);
  await store.keep("open", attempt);
  showPaying(attempt, payer ? words.asking : words.making_code);
  ended(await run(attempt));
}

function showPaying(attempt, state) {
  lastPayment = null;
  at("code-frame").hidden = true;
  at("code").removeAttribute("src");
  at("state").textContent = state;
  at("paying-amount").textContent = money(amountOf(attempt));
  show("paying");
}

const SEALS = { paid: "good", declined: "bad", refused: "bad", undone: "still", taken: "still", noted: "good" };

function ended(attempt) {
  page.dataset.end = attempt.end;
  const minor = amountOf(attempt);
  if (inBackground) {
    inBackground = false;
    drawLine();
    const paid = attempt.end === "paid";
    tell(paid ? "good" : "bad", fill(words.open_ended, { amount: money(minor), end: words[`end_${attempt.end}`] }));
    return chime(paid ? "good" : "bad");
  }
  const code = attempt.end === "declined" ? lastPayment?.decline_code : null;
  result({ end: attempt.end, minor, more: words[`decline_${code}`] ?? "" });
  chime(attempt.end === "paid" ? "good" : "bad");
  if (attempt.end !== "paid") lookForNotices();
}

function result({ end, minor, more }) {
  const box = at("result");
  box.className = `result ${end}`;
  for (const seal of box.querySelectorAll("[data-seal]")) seal.hidden = seal.dataset.seal !== SEALS[end];
  at("result-word").textContent = words[`end_${end}`];
  at("result-amount").textContent = money(minor);
  at("result-more").textContent = more;
  at("result-more").hidden = !more;
  at("result-print").hidden = end !== "paid";
  page.dataset.end = end;
  amount = 0;
  drawAmount();
  show("result");
}

function giveUp() {
  if (!selling) return;
  selling = loop.givenUp(selling, { now: Date.now() });
  drawPaying();
  wake();
}

// The undoing goes on by itself; meanwhile the shop goes on too, without a network.
function goOn() {
  inBackground = true;
  amount = 0;
  drawAmount();
  drawLine();
  show("selling");
}

// --- without a network -----------------------------------------------------------------------------------

async function takeAlone(code) {
  const minor = amount;
  if (!Risk.canSeal) return tell("bad", words.alone_not_allowed);
  const hindrance = risk.whyNot({ code, amount: minor });
  if (hindrance) {
    page.dataset.hindrance = hindrance;
    chime("bad");
    return tell("bad", words[`hindrance_${hindrance}`]);
  }
  if (!(await sure(fill(words.alone_question, { amount: money(minor) }), words.alone_warning))) return;
  const late = await risk.take({ code, amount: minor, currency: CURRENCY });
  if (late) return tell("bad", words[`hindrance_${late}`]);
  result({ end: "taken", minor, more: words.alone_taken });
  chime("wait");
  if (line.isUp) risk.bring();
}

function turned(up) {
  drawLine();
  wake();
  hurry(up ? LEARN_MS : PROBE_MS);
  if (up) cameBack();
}

async function cameBack() {
  risk.bring();
  drawer.bring();
  if (!report?.kept) return;
  // Opened without a network: what was known of the shift is looked at again.
  try {
    const { status, told } = await line.ask("GET", "/v1/terminals/this/shift");
    if (status < 300) begin(told);
    else if (status === 401) unpair();
    else if (status < 500) signedOut();
  } catch {
    // The line went again; when it comes back this is asked again.
  }
}

function signedOut() {
  report = null;
  store.drop("shift");
  drawTop();
  if (page.dataset.shows === "selling") show("signing-in");
}

let hurry = () => {};

// As long as there is a line the till learns what it may do without one; when there is none it looks for it.
async function beat() {
  while (paired) {
    try {
      const status = await risk.learn();
      if (status === 401) return unpair();
      if (risk.waiting) risk.bring();
      if (drawer.waiting.length) drawer.bring();
      if (report) lookForNotices();
    } catch {
      // No line: tried again soon.
    }
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, line.isUp ? LEARN_MS : PROBE_MS);
      hurry = (milliseconds) => { clearTimeout(timer); setTimeout(resolve, milliseconds); };
    });
  }
}

async function unpair() {
  await store.drop("paired");
  paired = null;
  report = null;
  drawTop();
  drawLine();
  show("pairing");
}

// --- keys: digits are the amount, a burst of many is a scanner -------------------------------------------

function scanned(text) {
  const code = text.replace(/\s/g, "");
  if (!/^\d{16,24}$/.test(code)) return tell("bad", words.not_a_code);
  if (amount === 0) return tell("bad", words.amount_first);
  if (!line.isUp) return takeAlone(code);
  return sell({ payment_code: code });
}

function digit(sign) {
  if (amount < 1_000_000_00) amount = amount * 10 + Number(sign);
  drawAmount();
}

keys.listen({
  amount: () => amount,
  set: (minor) => {
    amount = minor;
    drawAmount();
  },
  digit,
  scanned,
  giveUp,
  next: () => show(report ? "selling" : "signing-in"),
});

// --- the rest of the counter -----------------------------------------------------------------------------

async function pair(event) {
  event.preventDefault();
  const told = await done("POST", "/v1/terminals/pair", { code: at("pairing-code").value });
  if (!told) return;
  await Risk.pair({ tid: told.terminal.tid, sealKey: told.seal_key });
  paired = {
    key: told.key, tid: told.terminal.tid, number: told.terminal.number, pairing: told.pairing,
    store: inChinese ? told.store.name_zh : told.store.name,
  };
  await store.keep("paired", paired);
  // The code is used: the page opens without it from now on.
  history.replaceState(null, "", "/till");
  tell("good", "");
  await enter();
  show("signing-in");
}

async function enter() {
  drawTop();
  await risk.open(paired);
  await drawer.open(paired);
  drawLine();
  beat();
}

async function signIn(event) {
  event.preventDefault();
  const told = await done("POST", "/v1/terminals/this/shift", {
    cashier: at("cashier").value, pin: at("pin").value, opening_float: minorOf(at("float").value || "0") ?? 0,
  });
  at("pin").value = "";
  if (told) begin(told);
}

function begin(x) {
  const { cashier, cashier_name, number } = x;
  report = { cashier, cashier_name, number };
  store.keep("shift", { cashier, cashier_name, number });
  if (["pairing", "signing-in", "opening"].includes(page.dataset.shows)) {
    tell("good", "");
    show("selling");
  }
  drawTop();
  drawAmount();
  feed();
  lookForNotices();
}

async function voidLast() {
  const listed = await done("GET", "/v1/terminals/this/receipts?limit=50");
  if (!listed) return;
  const sale = listed.data.find((receipt) => receipt.kind === "sale");
  if (!sale) return tell("bad", words.no_sale);
  if (sale.tender === "cash") return tell("bad", fill(words.void_cash, { number: sale.number }));
  if (!(await sure(`${words.void_last} ${money(sale.amount)}`, `${words.receipt_number} ${sale.number}`))) return;
  const undone = await done("POST", "/v1/terminals/this/void", { receipt: sale.number });
  if (undone) tell("good", `${words.end_undone} ${money(sale.amount)}`);
}

async function refund(event) {
  event.preventDefault();
  const given = minorOf(at("refund-amount").value);
  if (!given) return tell("bad", words.amount_first);
  const receipt = await done("GET", `/v1/terminals/this/receipts/${Number(at("refund-receipt").value)}`);
  if (!receipt) return;
  if (receipt.kind !== "sale" || given > receipt.amount) return tell("bad", words.no_sale);
  if (receipt.tender === "cash") return cash("refund", given);
  const made = await done("POST", "/v1/refunds", { payment: receipt.payment, amount: given, reference: newReference() });
  if (!made) return;
  tell("good", `${words.refunded} ${money(given)}`);
  at("refunding").reset();
  show("selling");
}

async function cash(kind, minor) {
  await drawer.note({ tid: paired.tid, kind, amount: minor, currency: CURRENCY, reference: newReference() });
  await drawer.bring();
  const given = minorOf(at("given").value) ?? minor;
  const change = kind === "sale" && given > minor ? `${words.change} ${money(given - minor)}` : "";
  at("cashing").reset();
  at("refunding").reset();
  const waits = drawer.waiting.length ? words.cash_later : "";
  result({ end: "noted", minor: kind === "sale" ? minor : -minor, more: [change, waits].filter(Boolean).join(" · ") });
  chime("good");
}

function toCash() {
  if (amount === 0 || !report) return;
  at("cash-amount").textContent = money(amount);
  const notes = [10_00, 20_00, 50_00, 100_00, 200_00].filter((note) => note > amount).slice(0, 3);
  at("notes").replaceChildren(...notes.map((note) => {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.className = "chip";
    chip.textContent = money(note);
    chip.addEventListener("click", () => {
      at("given").value = (note / 100).toFixed(2);
      drawChange();
    });
    return chip;
  }));
  drawChange();
  tell("good", "");
  show("cash");
}

function drawChange() {
  const given = minorOf(at("given").value);
  at("change").textContent = given === null || given < amount ? "" : `${words.change} ${money(given - amount)}`;
}

async function print(path) {
  const told = await done("POST", path, { language: inChinese ? "zh" : "en", columns: 32 });
  if (!told) return;
  at("slip").textContent = told.text;
  show("slip");
}

async function receipts() {
  const listed = await done("GET", "/v1/terminals/this/receipts?limit=30");
  if (!listed) return;
  at("receipt-list").replaceChildren(...listed.data.map((receipt) => {
    const sign = receipt.kind === "sale" ? 1 : -1;
    const text = `${String(receipt.number).padStart(6, "0")} · ${words[`kind_${receipt.kind}`]} · ${words[`tender_${receipt.tender}`]}`;
    const made = row({ moment: receipt.created_at, text, amount: sign * receipt.amount, kind: receipt.kind });
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button other";
    button.textContent = words.print;
    button.addEventListener("click", () => print(`/v1/terminals/this/receipts/${receipt.number}/print`));
    made.append(button);
    return made;
  }));
  at("receipt-none").hidden = listed.data.length > 0;
  tell("good", "");
  show("receipts");
}

async function close(event) {
  event.preventDefault();
  if (selling) return tell("bad", words.open_first);
  // What was taken without a network belongs to the shift that took it.
  if (risk.waiting || drawer.waiting.length) return tell("bad", words.bring_first);
  const z = await done("POST", "/v1/terminals/this/shift/close", { counted_cash: minorOf(at("counted").value || "0") ?? 0 });
  if (!z) return;
  report = null;
  await store.drop("shift");
  at("closing").reset();
  drawTop();
  await print(`/v1/terminals/this/shifts/${z.number}/print`);
}

// What is paid at the store's plates while nobody asks: each with a chime, and once. It connects again by itself,
// from the last one that it has seen, also after the page was closed.
let feeding = false;
async function feed() {
  if (feeding) return;
  feeding = true;
  const kept = (await store.fact("feed")) ?? {};
  const known = kept.tid === paired.tid ? kept : { tid: paired.tid, first: "", last: null, seen: [] };
  drawFeed(known.seen);
  while (paired) {
    try {
      const opened = () => { page.dataset.feeding = "on"; };
      for await (const [id, told] of events("/v1/terminals/this/feed", { key: paired.key, last: known.last, opened })) {
        known.last = id ?? known.last;
        // What was paid before the till was here comes again, and is no news.
        if (told.object === "feed") known.first = id;
        const isNews = told.object === "payment" && told.id > known.first && !known.seen.some((one) => one.id === told.id);
        if (isNews) {
          const { id: payment, created_at, amount: paid } = told;
          known.seen = [{ id: payment, at: created_at, amount: paid }, ...known.seen].slice(0, FEED_KNOWN);
        }
        await store.keep("feed", known);
        if (!isNews) continue;
        drawFeed(known.seen);
        chime("news");
      }
    } catch (error) {
      if (error.cause === 401) break;
    }
    page.dataset.feeding = "off";
    if (line.isUp) hurry(0);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  feeding = false;
}

function drawFeed(seen) {
  const shown = seen.slice(0, FEED_SHOWN);
  at("feed").replaceChildren(...shown.map((one) => row({ moment: one.at, text: words.feed_paid, amount: one.amount })));
  at("feed-none").hidden = shown.length > 0;
}

// What somebody has to look at: batches of card terminals that differed, and guessing of codes, which closes a place.
async function lookForNotices() {
  let told = null;
  try {
    const { status, told: answer } = await line.ask("GET", "/v1/terminals/this/notices");
    if (status === 200) told = answer;
  } catch {
    // No line: nothing new is known.
  }
  if (!told) return;
  page.dataset.codesClosed = String(told.codes_closed);
  at("guess-banner").hidden = !told.codes_closed;
  const until = told.guessing.map((one) => one.closed_until).sort().at(-1);
  if (told.codes_closed) at("guess-word").textContent = fill(words.codes_closed, { until: clock(until) });
  const guessed = told.guessing.map((one) => notice({
    kind: "guessing", moment: one.closed_until, title: words.guessed,
    text: fill(words.guessed_more, { place: words[one.terminal ? "at_this_till" : "at_the_shop"], count: one.closings }),
  }));
  const differed = told.batches.map((one) => notice({
    kind: "batch", moment: one.closed_at, title: fill(words.differed, { name: one.name, number: one.number }),
    text: fill(words.differed_more, {
      count: one.differences, book: money(one.book.debits - one.book.credits),
      theirs: money(one.terminal_totals.debits - one.terminal_totals.credits),
    }),
  }));
  at("notice-list").replaceChildren(...guessed, ...differed);
  at("notice-sheet").hidden = !guessed.length && !differed.length;
}

async function start() {
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/till/worker.js", { scope: "/till" }).catch(() => {});
  paired = (await store.fact("paired")) ?? null;
  if (!paired) return show("pairing");
  await enter();
  // Who was signed in goes on, until the server says otherwise.
  const kept = await store.fact("shift");
  if (kept) report = { ...kept, kept: true };
  drawTop();
  const open = await store.fact("open");
  if (open && open.phase !== "ended" && open.reference.startsWith(`${paired.tid}-`)) {
    showPaying(open, words.ending_before);
    run(loop.resumed(open, { now: Date.now() })).then(ended);
    // Without a line it goes on undoing, and the shop goes on too.
    while (selling && line.isUp) await pause(200);
  }
  try {
    const { status, told } = await line.ask("GET", "/v1/terminals/this/shift");
    if (status === 401) return unpair();
    if (status < 300) return begin(told);
    signedOut();
  } catch {
    if (report) return resumeAlone();
    tell("bad", words.no_answer);
  }
  if (page.dataset.shows === "opening") show("signing-in");
}


// The cashier who was signed in goes on without a network.
function resumeAlone() {
  drawAmount();
  drawLine();
  if (page.dataset.shows === "opening") show("selling");
  feed();
}

/** One page is the till: a second one waits until the first is closed. */
function alone(work) {
  if (!navigator.locks) return work();
  return navigator.locks.request("millet-till", { ifAvailable: true }, (lock) => {
    if (lock) return work().then(() => new Promise(() => {}));
    show("elsewhere");
    navigator.locks.request("millet-till", () => {
      show("opening");
      return work().then(() => new Promise(() => {}));
    });
    return null;
  });
}

at("pair").addEventListener("submit", pair);
at("sign-in").addEventListener("submit", signIn);
at("refunding").addEventListener("submit", refund);
at("closing").addEventListener("submit", close);
at("cashing").addEventListener("submit", (event) => {
  event.preventDefault();
  cash("sale", amount);
});
at("given").addEventListener("input", drawChange);
at("charge").addEventListener("click", () => at("scan").focus());
at("charge-code").addEventListener("click", () => sell(null, SCAN_PATIENCE_MS));
at("to-cash").addEventListener("click", toCash);
at("give-up").addEventListener("click", giveUp);
at("go-on").addEventListener("click", goOn);
at("void").addEventListener("click", voidLast);
at("x").addEventListener("click", () => print("/v1/terminals/this/shifts/open/print"));
at("receipts").addEventListener("click", receipts);
at("print-slip").addEventListener("click", () => window.print());
at("said-close").addEventListener("click", () => tell("good", ""));
at("result-print").addEventListener("click", async () => {
  const listed = await done("GET", "/v1/terminals/this/receipts?limit=1");
  if (listed?.data.length) print(`/v1/terminals/this/receipts/${listed.data[0].number}/print`);
});
for (const button of page.querySelectorAll("[data-to]")) {
  button.addEventListener("click", () => {
    tell("good", "");
    show(report ? button.dataset.to : "signing-in");
  });
}
for (const button of page.querySelectorAll("[data-key]")) {
  button.addEventListener("click", () => {
    if (button.dataset.key === "C") amount = 0;
    else for (const sign of button.dataset.key) digit(sign);
    drawAmount();
  });
}

alone(start);
