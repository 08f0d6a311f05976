// Selling without a network, at the merchant's risk: what was allowed, what was taken, and bringing it afterwards.

import * as alone from "./till_alone.js";
import * as store from "./till_store.js";

const POLICY = "/v1/terminals/this/offline_policy";
const UPLOAD = "/v1/terminals/offline_payments";
const AGAIN = new Set([408, 425, 429]);
const PAUSE_MS = 3000;
const SENT_MAX = 200;

export const NOTHING = { each: 0, total: 0, count: 0 };

export class Risk {
  allowed = NOTHING;
  kept = [];
  #line;
  #changed;
  #tid = "";
  #pairing = 0;
  #sent = [];
  #bringing = null;

  /** `changed` is told with what was decided, or with nothing when something else is new. */
  constructor({ line, changed }) {
    this.#line = line;
    this.#changed = changed;
  }

  /** Whether this browser can seal at all: only where the page came over https, or from this machine. */
  static get canSeal() {
    return Boolean(globalThis.crypto?.subtle);
  }

  async open({ tid, pairing }) {
    this.#tid = tid;
    this.#pairing = pairing;
    this.allowed = (await store.fact("allowed")) ?? NOTHING;
    this.#sent = (await store.fact("sent")) ?? [];
    await this.#read();
    for (const old of alone.outdated(this.kept, { now: Date.now() })) await store.dropSale(old);
    await this.#read();
  }

  async #read() {
    this.kept = (await store.sales()).filter((one) => one.tid === this.#tid);
    this.#changed([]);
  }

  /** Keep the key of a new pairing. What an older one has sealed stays sealed, and is brought. */
  static async pair({ tid, sealKey }) {
    if (Risk.canSeal) await store.keepSealKey(tid, await alone.importSealKey(sealKey));
    await store.drop("allowed");
  }

  /** Ask what is allowed and write it down; without an answer the last one holds. Gives the status. */
  async learn() {
    const { status, told } = await this.#line.ask("GET", POLICY);
    if (status === 200) {
      const { each, total, count } = told;
      if (JSON.stringify({ each, total, count }) !== JSON.stringify(this.allowed)) {
        await store.keep("allowed", { each, total, count });
        this.allowed = { each, total, count };
        this.#changed([]);
      }
    }
    return status;
  }

  /** A code is about to be sent: it is not taken alone any more. */
  async sending(code) {
    this.#sent = [...this.#sent, alone.plain(code)].slice(-SENT_MAX);
    await store.keep("sent", this.#sent);
  }

  /** Why a code would not be taken; null if it may be. */
  whyNot({ code, amount }) {
    const facts = { allowed: this.allowed, kept: this.kept, sent: this.#sent };
    return alone.whyNot({ ...facts, code: alone.plain(code), amount, now: Date.now() });
  }

  get left() {
    const { total, count } = alone.taken(this.kept, { now: Date.now() });
    return { total: Math.max(0, this.allowed.total - total), count: Math.max(0, this.allowed.count - count) };
  }

  get waiting() {
    return this.kept.filter((one) => one.outcome === null).length;
  }

  /** Take a code: when this has come back, the sale is on the disk. Gives a hindrance instead. */
  async take({ code, amount, currency }) {
    const hindrance = this.whyNot({ code, amount });
    if (hindrance) return hindrance;
    const key = await store.sealKey(this.#tid);
    const facts = { kept: this.kept, code: alone.plain(code), amount, currency, now: Date.now() };
    const sealed = await alone.seal({ ...facts, pairing: this.#pairing, key });
    await store.addSale({ ...sealed, tid: this.#tid });
    await this.#read();
    return null;
  }

  /** Bring what waits until each is decided; ends early when the till is not let in. */
  bring() {
    this.#bringing ??= this.#bring().finally(() => {
      this.#bringing = null;
    });
    return this.#bringing;
  }

  async #bring() {
    let most = alone.RECORDS_MAX;
    for (;;) {
      const brought = alone.waiting(this.kept, { most });
      if (!brought.length) return;
      let answer = null;
      try {
        answer = await this.#line.ask("POST", UPLOAD, { records: brought.map(alone.record) });
      } catch {
        // No answer: it is all sent again, and each is decided once.
      }
      if (answer === null || answer.status >= 500 || AGAIN.has(answer.status)) {
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      } else if (answer.status === 200) {
        await this.#decided(alone.decided(brought, answer.told.results));
      } else if (answer.status === 401 || answer.status === 403) {
        return;
      } else if (brought.length > 1) {
        // One of them is no record: it must not stand in the way of the others.
        most = 1;
      } else {
        await this.#decided([alone.refused(brought[0], answer.told.code ?? "")]);
      }
    }
  }

  async #decided(sales) {
    for (const one of sales) await store.keepSale(one);
    await this.#read();
    this.#changed(sales);
  }
}
