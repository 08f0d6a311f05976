// What a till takes without a network, pure: the same as `terminals/forwarding.py`, which says why. A test runs
// both. A sale is sealed over the same bytes as there: whoever reads the one knows the other.

import { checkDigit } from "./payment_code.js";

export const RECORDS_MAX = 100;
export const WINDOW = 24 * 3600 * 1000;
const DIGITS = /^72\d{16}$/;

export const plain = (code) => code.replaceAll(" ", "");
export const isOurs = (code) => DIGITS.test(code) && checkDigit(code.slice(0, -1)) === code.at(-1);

/** What counts of the day: what was taken and is still a risk. */
export function taken(kept, { now }) {
  const counted = kept.filter((one) => one.outcome === null || one.outcome === "accepted");
  const late = counted.filter((one) => Math.abs(one.taken - now) < WINDOW);
  return { total: late.reduce((sum, one) => sum + one.amount, 0), count: late.length };
}

/** Why a sale is not taken; null if it may be. `sent` are the codes that the till has sent. */
export function whyNot({ allowed, kept, sent, code, amount, now }) {
  const late = taken(kept, { now });
  if (!isOurs(code) || amount <= 0) return "not_a_code";
  if (!allowed.each) return "not_allowed";
  if (sent.includes(code) || kept.some((one) => one.payment_code === code)) return "code_used";
  if (amount > allowed.each) return "exceeds_each";
  if (late.total + amount > allowed.total) return "exceeds_total";
  if (late.count >= allowed.count) return "exceeds_count";
  return null;
}

/** A hex key as one that signs and cannot be read out again. */
export function importSealKey(hex) {
  const bytes = Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}

/** What is sealed. */
export function textOf(one) {
  return [one.payment_code, one.amount, one.currency, one.taken_at, one.pairing, one.sequence].join("\n");
}

/** Number and seal a sale of `now`. It counts once it is written down. */
export async function seal({ kept, code, amount, currency, now, pairing, key }) {
  const numbers = kept.filter((one) => one.pairing === pairing).map((one) => one.sequence);
  const one = {
    payment_code: code, amount, currency, taken_at: new Date(now).toISOString(), taken: now, pairing,
    sequence: Math.max(0, ...numbers) + 1,
  };
  const mac = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(textOf(one)));
  const sealed = [...new Uint8Array(mac)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return { ...one, seal: sealed, outcome: null, why: null, payment: null };
}

/** As it is brought. */
export function record({ payment_code, amount, currency, taken_at, pairing, sequence, seal }) {
  return { payment_code, amount, currency, taken_at, pairing, sequence, seal };
}

const inOrder = (a, b) => a.pairing - b.pairing || a.sequence - b.sequence;

/** What is to be brought next, the first first. */
export function waiting(kept, { most = RECORDS_MAX } = {}) {
  return kept.filter((one) => one.outcome === null).sort(inOrder).slice(0, most);
}

/** What was brought, as the server has decided it; what it does not tell of still waits. */
export function decided(brought, results) {
  return brought.flatMap((one) => {
    const told = results.find((result) => result.pairing === one.pairing && result.sequence === one.sequence);
    if (!told) return [];
    return [{ ...one, outcome: told.outcome, why: told.reason || told.fault, payment: told.payment }];
  });
}

/** A sale that cannot be brought, also by itself. */
export const refused = (one, why) => ({ ...one, outcome: "refused", why });

/** What may be forgotten: decided long ago, and not the last of its pairing, which has the number. */
export function outdated(kept, { now }) {
  const last = new Map();
  for (const one of kept) last.set(one.pairing, Math.max(last.get(one.pairing) ?? 0, one.sequence));
  const old = (one) => one.outcome !== null && now - one.taken > 7 * WINDOW;
  return kept.filter((one) => old(one) && one.sequence !== last.get(one.pairing));
}
