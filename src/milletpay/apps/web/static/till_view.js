// What the till's page shows: its screens, what it says, and money as people read it.

import { chime as sound } from "./till_sound.js";

export const page = document.querySelector("[data-counter]");
export const at = (name) => document.querySelector(`[data-${name}]`);
export const words = Object.fromEntries(
  [...page.querySelectorAll("[data-word]")].map((word) => [word.dataset.word, word.textContent]),
);
export const inChinese = document.documentElement.lang.startsWith("zh");

export const money = (minor) => {
  const shown = (Math.abs(minor) / 100).toFixed(2).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return `${minor < 0 ? "−" : ""}¥${shown}`;
};
export const minorOf = (text) => {
  const found = /^\s*(\d{1,9})(?:[.,](\d{1,2}))?\s*$/.exec(text);
  return found ? Number(found[1]) * 100 + Number((found[2] ?? "").padEnd(2, "0")) : null;
};
export const clock = (moment) =>
  new Date(moment).toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** A text of the catalog with its facts put in: `{each}`. */
export const fill = (text, facts) => text.replace(/\{(\w+)\}/g, (whole, name) => facts[name] ?? whole);

export function show(screen) {
  for (const one of page.querySelectorAll("[data-screen]")) one.hidden = one.dataset.screen !== screen;
  page.dataset.shows = screen;
  const first = page.querySelector(`[data-screen="${screen}"] [autofocus]`);
  if (first) first.focus({ preventScroll: true });
  else document.activeElement?.blur();
  scrollTo(0, 0);
}

export function tell(kind, text) {
  const said = at("said");
  said.querySelector("span").textContent = text;
  said.className = `said ${kind}`;
  said.hidden = !text;
}

/** Chime; how often and how last stands on the page, for whoever cannot hear it. */
export function chime(kind) {
  page.dataset.chimed = String(Number(page.dataset.chimed ?? 0) + 1);
  page.dataset.chime = kind;
  sound(kind);
}

export function sure(question, more = "") {
  const dialog = at("sure");
  at("sure-question").textContent = question;
  at("sure-more").textContent = more;
  at("sure-more").hidden = !more;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => resolve(dialog.returnValue === "yes");
  });
}

/** A line of a list: when, what and how much; `kind` colors it. */
export function line({ moment, text, amount, kind = "" }) {
  const made = document.createElement("li");
  made.className = kind;
  for (const [name, said] of [["time", clock(moment)], ["what", text], ["money", money(amount)]]) {
    const part = document.createElement("span");
    part.className = name;
    part.textContent = said;
    made.append(part);
  }
  return made;
}

/** Something to look at: what it is, when, and what it is about. */
export function notice({ kind, moment, title, text }) {
  const made = document.createElement("li");
  made.className = kind;
  const day = new Date(moment).toLocaleDateString(document.documentElement.lang, { month: "short", day: "numeric" });
  for (const [name, said] of [["title", title], ["time", `${day} ${clock(moment)}`], ["about", text]]) {
    const part = document.createElement("span");
    part.className = name;
    part.textContent = said;
    made.append(part);
  }
  return made;
}
