// Asking the server with the till's key, and whether there is a line at all.

const CALL_MS = 5000;

export class Line {
  #key = () => null;
  #turned = () => {};
  isUp = true;

  /** `key` gives the till's; `turned` is told when the line comes or goes. */
  constructor({ key, turned }) {
    this.#key = key;
    this.#turned = turned;
    addEventListener("offline", () => this.#is(false));
  }

  #is(up) {
    if (this.isUp === up) return;
    this.isUp = up;
    this.#turned(up);
  }

  /** Throws when no whole answer comes in time. */
  async ask(method, path, body, key) {
    const headers = { "Content-Type": "application/json" };
    if (this.#key()) headers.Authorization = `Bearer ${this.#key()}`;
    if (key) headers["Idempotency-Key"] = key;
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    try {
      const signal = AbortSignal.timeout(CALL_MS);
      const reply = await fetch(path, { method, headers, body: text, signal, cache: "no-store" });
      const told = await reply.json();
      this.#is(true);
      return { status: reply.status, told };
    } catch (error) {
      this.#is(false);
      throw error;
    }
  }
}

const SILENCE_MS = 40_000;

/** Server-sent events with the till's key; each `[id, data]` once it is whole. Ends when the line does: a server
 * that is there says so every fifteen seconds. */
export async function* events(path, { key, last, opened }) {
  const headers = { Authorization: `Bearer ${key}` };
  if (last) headers["Last-Event-ID"] = last;
  const stop = new AbortController();
  let silence = setTimeout(() => stop.abort(), SILENCE_MS);
  try {
    const reply = await fetch(path, { headers, cache: "no-store", signal: stop.signal });
    if (!reply.ok) throw new Error(`status ${reply.status}`, { cause: reply.status });
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
    opened();
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(silence);
      silence = setTimeout(() => stop.abort(), SILENCE_MS);
      const whole = (text + value).split("\n\n");
      text = whole.pop();
      for (const event of whole) {
        const data = event.split("\n").find((line) => line.startsWith("data: "));
        if (data) yield [event.match(/^id: (.*)$/m)?.[1] ?? null, JSON.parse(data.slice(6))];
      }
    }
  } finally {
    clearTimeout(silence);
    stop.abort();
  }
}
