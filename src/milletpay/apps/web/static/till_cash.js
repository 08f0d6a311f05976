// Cash is a memo: written down here before the drawer opens, and noted by the server as soon as there is a line.

import * as store from "./till_store.js";

const AGAIN = new Set([401, 403, 408, 425, 429]);

export class Cash {
  waiting = [];
  #line;
  #changed;
  #bringing = null;

  /** `changed` is told of each that was noted or refused, or of nothing when something else is new. */
  constructor({ line, changed }) {
    this.#line = line;
    this.#changed = changed;
  }

  async open({ tid }) {
    this.waiting = (await store.cash()).filter((memo) => memo.tid === tid).sort((a, b) => a.at - b.at);
    this.#changed(null);
  }

  /** Note cash: when this has come back, it is on the disk. */
  async note({ tid, kind, amount, currency, reference }) {
    const memo = { tid, kind, amount, currency, reference, at: Date.now() };
    await store.keepCash(memo);
    this.waiting = [...this.waiting, memo];
    this.#changed(null);
  }

  /** Bring what waits, the first first, as far as the line goes. */
  bring() {
    this.#bringing ??= this.#bring().finally(() => {
      this.#bringing = null;
    });
    return this.#bringing;
  }

  async #bring() {
    while (this.waiting.length) {
      const [memo] = this.waiting;
      const { kind, amount, currency, reference } = memo;
      let answer = null;
      try {
        answer = await this.#line.ask("POST", "/v1/terminals/this/cash", { kind, amount, currency, reference });
      } catch {
        return;
      }
      // Its reference makes it one, however often it is sent.
      if (answer.status >= 500 || AGAIN.has(answer.status)) return;
      await store.dropCash(memo);
      this.waiting = this.waiting.slice(1);
      const refused = answer.status < 300 ? null : (answer.told.detail ?? answer.told.title);
      this.#changed({ ...memo, number: answer.told.number ?? null, refused });
    }
  }
}
