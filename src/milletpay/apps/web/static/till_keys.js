// The keyboard of the till. Digits are the amount; a burst of many is a scanner; F2 to F9 are the buttons, which no
// scanner types.

import { at, page } from "./till_view.js";

const BURST_MS = 40;
const SCAN_MIN = 16;

let typed = [];

function onSelling(event, till) {
  const scan = at("scan");
  const inScan = event.target === scan;
  // When it was pressed, not when a slow tablet gets to it.
  const now = event.timeStamp;
  if (/^\d$/.test(event.key)) {
    if (typed.length && now - typed.at(-1).at > BURST_MS) typed = [];
    typed.push({ sign: event.key, at: now, before: till.amount() });
    if (!inScan) till.digit(event.key);
  } else if (event.key === "Enter" && !event.target.matches("button")) {
    event.preventDefault();
    entered(scan, till);
  } else if (event.key === "Backspace" && !inScan) {
    till.set(Math.floor(till.amount() / 10));
  } else if (event.key === "Escape") {
    typed = [];
    scan.value = "";
    scan.blur();
    till.set(0);
  }
}

function entered(scan, till) {
  let text = scan.value;
  if (typed.length >= SCAN_MIN) {
    // A scanner types faster than anybody: what it typed is no amount.
    if (!text) till.set(typed[0].before);
    text ||= typed.map((one) => one.sign).join("");
  }
  typed = [];
  scan.value = "";
  if (text) till.scanned(text);
  else if (till.amount()) scan.focus();
}

/** `till` has what keys do: `amount`, `set`, `digit`, `scanned`, `giveUp`, `next`. */
export function listen(till) {
  document.addEventListener("keydown", (event) => {
    if (at("sure").open) return;
    const { shows } = page.dataset;
    const button = document.querySelector(`[data-screen="${shows}"] [data-hotkey="${event.key}"]`);
    if (button && !button.hidden) {
      event.preventDefault();
      if (!event.repeat) button.click();
    } else if (shows === "result" && event.key === "Enter" && !event.target.matches("[data-result-print]")) {
      event.preventDefault();
      till.next();
    } else if (shows === "paying") {
      if (event.key === "Escape") till.giveUp();
    } else if (shows === "selling") {
      if (!event.target.matches("input:not([data-scan])")) onSelling(event, till);
    } else if (event.key === "Escape") {
      document.querySelector(`[data-screen="${shows}"] [data-to=selling]`)?.click();
    }
  });
}
