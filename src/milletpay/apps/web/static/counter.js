// The till: pairing, signing in, selling with a scanner, voids, refunds and reports. Works by keyboard alone.

import * as loop from "./till_loop.js";

const page = document.querySelector("[data-counter]");
const at = (name) => document.querySelector(`[data-${name}]`);
const words = Object.fromEntries([...page.querySelectorAll("[data-word]")].map((word) => [word.dataset.word, word.textContent]));
const KEPT = "millet-till";
const OPEN = "millet-till-sale";
const CALL_MS = 5000;
const BURST_MS = 40;
const SCAN_MIN = 16;

let paired = JSON.parse(localStorage.getItem(KEPT) ?? "null");
let report = null;
let amount = 0;
let typed = [];
let selling = null;
let lastPayment = null;

// --- asking -------------------------------------------------------------------------------------------

async function ask(method, path, body, key) {
  const headers = { "Content-Type": "application/json" };
  if (paired) headers.Authorization = `Bearer ${paired.key}`;
  if (key) headers["Idempotency-Key"] = key;
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const signal = AbortSignal.timeout(CALL_MS);
  const reply = await fetch(path, { method, headers, body: text, signal, cache: "no-store" });
  return { status: reply.status, told: await reply.json() };
}

async function done(method, path, body) {
  try {
    const { status, told } = await ask(method, path, body);
    if (status < 300) return told;
    tell("bad", told.detail ?? told.title ?? words.no_answer);
  } catch {
    tell("bad", words.no_answer);
  }
  return null;
}

// --- what is shown -------------------------------------------------------------------------------------

const money = (minor) => `¥${(minor / 100).toFixed(2).replace(/\B(?=(\d{3})+(?!\d))/g, ",")}`;

function show(screen) {
  for (const one of page.querySelectorAll("[data-screen]")) one.hidden = one.dataset.screen !== screen;
  page.dataset.shows = screen;
  page.querySelector(`[data-screen="${screen}"] [autofocus]`)?.focus();
}

function tell(kind, text) {
  const said = at("said");
  said.textContent = text;
  said.className = `said ${kind}`;
  said.hidden = !text;
}

// Two notes up for yes, two down for no, one for news; made here, so that there is no file to load.
let sound = null;
function chime(kind) {
  page.dataset.chimed = String(Number(page.dataset.chimed ?? 0) + 1);
  // Browsers let no page sound before somebody has touched it.
  if (!navigator.userActivation.hasBeenActive) return;
  sound ??= new AudioContext();
  const notes = { good: [660, 880], bad: [330, 220], news: [880] }[kind];
  notes.forEach((pitch, index) => {
    const note = sound.createOscillator();
    const loud = sound.createGain();
    const start = sound.currentTime + index * 0.16;
    note.frequency.value = pitch;
    loud.gain.setValueAtTime(0.0001, start);
    loud.gain.exponentialRampToValueAtTime(0.3, start + 0.02);
    loud.gain.exponentialRampToValueAtTime(0.0001, start + 0.15);
    note.connect(loud).connect(sound.destination);
    note.start(start);
    note.stop(start + 0.16);
  });
}

function drawAmount() {
  at("amount").textContent = money(amount);
  at("charge").disabled = amount === 0;
  at("charge-code").disabled = amount === 0;
}

function drawTop() {
  at("who").textContent = report ? `${report.cashier} ${report.cashier_name}` : "";
  at("where").textContent = paired ? `${paired.store} · ${paired.number}` : "";
}

// --- one sale ------------------------------------------------------------------------------------------

const write = (attempt) => localStorage.setItem(OPEN, JSON.stringify(attempt));
const stored = () => JSON.parse(localStorage.getItem(OPEN) ?? "null");

// Made before anything is sent, and never again: the time is in it, and chance.
function newReference() {
  const chance = crypto.getRandomValues(new Uint32Array(1))[0].toString(36);
  return `${paired.tid}-${Date.now().toString(36)}-${chance}`;
}

async function take(attempt, step) {
  const named = encodeURIComponent(attempt.reference);
  if (step === "pay") return ask("POST", "/v1/payments", attempt.body, attempt.key);
  if (step === "ask") return ask("GET", `/v1/payments?reference=${named}`);
  return ask("POST", "/v1/reversals", { reference: attempt.reference });
}

async function run(attempt) {
  selling = attempt;
  for (;;) {
    selling = loop.ticked(selling, { now: Date.now() });
    const step = loop.nextStep(selling, { now: Date.now() });
    page.dataset.phase = selling.phase;
    if (step === "stop") break;
    if (step === "wait") {
      const until = Math.min(selling.next_at, Math.max(selling.give_up_at, Date.now()));
      await pause(until - Date.now() + 1);
      continue;
    }
    selling = loop.sending(selling, step, { now: Date.now() });
    write(selling);
    try {
      const { status, told } = await take(selling, step);
      follow(told);
      selling = loop.answered(selling, step, loop.said(status, told));
    } catch {
      at("state").textContent = words.no_answer_yet;
    }
  }
  const ended = selling;
  write(ended);
  selling = null;
  return ended;
}

let wake = () => {};
function pause(milliseconds) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.min(milliseconds, 1000));
    wake = () => { clearTimeout(timer); resolve(); };
  });
}

// While the customer has to do something, the screen says what; its code is shown large.
function follow(told) {
  const payment = told.object === "list" ? told.data[0] : (told.payment ?? told);
  if (!payment || payment.object !== "payment") return;
  lastPayment = payment;
  const code = at("code");
  if (payment.qr) {
    code.src = `/till/code/${payment.qr.payload.split("/").pop()}`;
    code.hidden = false;
    at("state").textContent = words.let_scan;
  } else if (payment.status === "processing") {
    at("state").textContent = words.asked_on_phone;
  }
}

async function sell(payer, patience) {
  if (selling || amount === 0) return;
  const reference = newReference();
  const body = { amount, currency: "CNY", reference };
  if (payer) body.payer = payer;
  lastPayment = null;
  at("code").hidden = true;
  at("state").textContent = words.asking;
  at("paying-amount").textContent = money(amount);
  show("paying");
  const key = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const attempt = loop.begin({ reference, key, body: JSON.stringify(body), now: Date.now(), patience });
  write(attempt);
  ended(await run(attempt));
}

function ended(attempt) {
  const paid = attempt.end === "paid";
  const box = at("result");
  box.className = `result ${paid ? "good" : "bad"}`;
  at("result-word").textContent = words[`end_${attempt.end}`];
  at("result-amount").textContent = money(JSON.parse(attempt.body).amount);
  page.dataset.end = attempt.end;
  chime(paid ? "good" : "bad");
  amount = 0;
  typed = [];
  drawAmount();
  show("result");
}

function giveUp() {
  if (!selling) return;
  selling = loop.givenUp(selling, { now: Date.now() });
  at("state").textContent = words.undoing;
  wake();
}

// --- keys: digits are the amount, a burst of many is a scanner -------------------------------------------

function scanned(text) {
  const code = text.replace(/\s/g, "");
  if (/^\d{16,24}$/.test(code)) sell({ payment_code: code });
  else tell("bad", words.not_a_code);
}

function digit(sign) {
  if (amount < 1_000_000_00) amount = amount * 10 + Number(sign);
  drawAmount();
}

function keyed(event) {
  if (page.dataset.shows === "result" && event.key === "Enter") {
    event.preventDefault();
    show("selling");
    return;
  }
  if (page.dataset.shows === "paying" && event.key === "Escape") return giveUp();
  if (page.dataset.shows !== "selling" || event.target.matches("input:not([data-scan])")) return;
  const now = performance.now();
  if (/^\d$/.test(event.key)) {
    if (typed.length && now - typed.at(-1).at > BURST_MS) typed = [];
    typed.push({ sign: event.key, at: now, before: amount });
    if (event.target.matches("[data-scan]")) return;
    digit(event.key);
  } else if (event.key === "Enter" && !event.target.matches("button")) {
    event.preventDefault();
    const scan = at("scan");
    if (typed.length >= SCAN_MIN) {
      // A scanner types faster than anybody: what it typed is no amount.
      if (!scan.value) amount = typed[0].before;
      drawAmount();
      const text = scan.value || typed.map((one) => one.sign).join("");
      typed = [];
      scan.value = "";
      scanned(text);
    } else if (scan.value) {
      const text = scan.value;
      scan.value = "";
      scanned(text);
    } else if (amount) scan.focus();
  } else if (event.key === "Backspace" && !event.target.matches("[data-scan]")) {
    amount = Math.floor(amount / 10);
    drawAmount();
  } else if (event.key === "Escape") {
    amount = 0;
    typed = [];
    at("scan").value = "";
    at("scan").blur();
    drawAmount();
  }
}

// --- the rest of the counter -----------------------------------------------------------------------------

async function pair(event) {
  event.preventDefault();
  const told = await done("POST", "/v1/terminals/pair", { code: at("pairing-code").value });
  if (!told) return;
  const zh = document.documentElement.lang.startsWith("zh");
  paired = {
    key: told.key, tid: told.terminal.tid, number: told.terminal.number,
    store: zh ? told.store.name_zh : told.store.name,
  };
  localStorage.setItem(KEPT, JSON.stringify(paired));
  tell("good", "");
  drawTop();
  show("signing-in");
}

async function signIn(event) {
  event.preventDefault();
  const opening_float = Math.round(Number(at("float").value || "0") * 100);
  const told = await done("POST", "/v1/terminals/this/shift", {
    cashier: at("cashier").value, pin: at("pin").value, opening_float,
  });
  at("pin").value = "";
  if (told) begin(told);
}

function begin(x) {
  report = x;
  tell("good", "");
  drawTop();
  drawAmount();
  show("selling");
  feed();
}

async function voidLast() {
  const listed = await done("GET", "/v1/terminals/this/receipts?limit=50");
  const sale = listed?.data.find((receipt) => receipt.kind === "sale");
  if (!listed) return;
  if (!sale) return tell("bad", words.no_sale);
  if (!(await sure(`${words.void_last} ${money(sale.amount)}`))) return;
  const undone = await done("POST", "/v1/terminals/this/void", { receipt: sale.number });
  if (undone) tell("good", `${words.end_undone} ${money(sale.amount)}`);
}

async function refund(event) {
  event.preventDefault();
  const receipt = await done("GET", `/v1/terminals/this/receipts/${Number(at("refund-receipt").value)}`);
  if (!receipt) return;
  if (!receipt.payment) return tell("bad", words.no_sale);
  const given = Math.round(Number(at("refund-amount").value) * 100);
  const made = await done("POST", "/v1/refunds", { payment: receipt.payment, amount: given, reference: newReference() });
  if (!made) return;
  tell("good", `${words.refunded} ${money(given)}`);
  show("selling");
}

async function print(path) {
  const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
  const told = await done("POST", path, { language, columns: 32 });
  if (!told) return;
  at("slip").textContent = told.text;
  show("slip");
}

async function close(event) {
  event.preventDefault();
  const counted_cash = Math.round(Number(at("counted").value || "0") * 100);
  const z = await done("POST", "/v1/terminals/this/shift/close", { counted_cash });
  if (!z) return;
  report = null;
  drawTop();
  await print(`/v1/terminals/this/shifts/${z.number}/print`);
}

function sure(question) {
  const dialog = at("sure");
  at("sure-question").textContent = question;
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => resolve(dialog.returnValue === "yes");
  });
}

// What is paid at the store's plates while nobody asks: each with a chime. It connects again by itself.
let feeding = false;
async function feed() {
  if (feeding) return;
  feeding = true;
  let last = null;
  const seen = new Set();
  for (;;) {
    try {
      const headers = { Authorization: `Bearer ${paired.key}` };
      if (last) headers["Last-Event-ID"] = last;
      const reply = await fetch("/v1/terminals/this/feed", { headers, cache: "no-store" });
      if (reply.status === 401) return;
      const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
      page.dataset.feeding = "on";
      let text = "";
      for (;;) {
        const { value, done: over } = await reader.read();
        if (over) break;
        text += value;
        const events = text.split("\n\n");
        text = events.pop();
        for (const event of events) {
          const data = event.split("\n").find((line) => line.startsWith("data: "));
          if (!data) continue;
          last = event.match(/^id: (.*)$/m)?.[1] ?? last;
          const payment = JSON.parse(data.slice(6));
          if (!seen.has(payment.id)) arrived(payment);
          seen.add(payment.id);
        }
      }
    } catch {
      page.dataset.feeding = "off";
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

function arrived(payment) {
  const line = document.createElement("li");
  const time = new Date(payment.created_at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  line.textContent = `${time}  ${money(payment.amount)}`;
  at("feed").prepend(line);
  while (at("feed").children.length > 8) at("feed").lastChild.remove();
  at("feed-none").hidden = true;
  chime("news");
}

async function start() {
  if (!paired) return show("pairing");
  drawTop();
  const open = stored();
  if (open && open.phase !== "ended") {
    at("state").textContent = words.ending_before;
    at("paying-amount").textContent = money(JSON.parse(open.body).amount);
    show("paying");
    ended(await run(loop.resumed(open, { now: Date.now() })));
  }
  try {
    const { status, told } = await ask("GET", "/v1/terminals/this/shift");
    if (status === 401) {
      localStorage.removeItem(KEPT);
      paired = null;
      return show("pairing");
    }
    if (status < 300) {
      const keep = page.dataset.shows === "result";
      begin(told);
      if (keep) show("result");
      return;
    }
  } catch {
    tell("bad", words.no_answer);
  }
  show("signing-in");
}

document.addEventListener("keydown", keyed);
at("pair").addEventListener("submit", pair);
at("sign-in").addEventListener("submit", signIn);
at("refunding").addEventListener("submit", refund);
at("closing").addEventListener("submit", close);
at("charge").addEventListener("click", () => at("scan").focus());
at("charge-code").addEventListener("click", () => sell(null, 120000));
at("give-up").addEventListener("click", giveUp);
at("void").addEventListener("click", voidLast);
at("x").addEventListener("click", () => print("/v1/terminals/this/shifts/open/print"));
at("receipt").addEventListener("click", async () => {
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

start();
