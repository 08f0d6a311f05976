// Payment codes on the phone: computed here, with no network, from a key that nobody can read out again.
//
// The server's side, and what each part of a code is for, stands in `codes/payment_codes.py`. What a page does:
//
//   const key = await importKey(enrolled.key);          // once; keep the CryptoKey in IndexedDB
//   const codes = new PaymentCodes({ key, firstEpoch, aliases: unpackAliases(answer.aliases), behind });
//   const { code, turnsIn } = await codes.current();    // draw it; ask again after `turnsIn` milliseconds
//   codes.refresh();                                    // another code at once: the last one was used
//   codes.extend(firstEpoch, aliases);                  // when there is a network again
//   picture(bars(code), spaced(code)), picture(square(code), "");   // an <svg> each
//
// `behind` is how many milliseconds this device's clock is behind the server's (its `Date` header tells).
// `codes.shown` is plain data: keep it beside the key and give it back as `shown`, so that a page that is
// loaded anew does not show a code that was used.

export const STEP_MS = 30_000;
export const STEPS_OF_EPOCH = 10;
export const LANES = 4;
const PREFIX = "72";
const WORDS = 10_000_000n;

const DAMM = [
  "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
  "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
];

/** The digit that makes digits whole. */
export function checkDigit(digits) {
  let interim = 0;
  for (const digit of digits) interim = Number(DAMM[interim][Number(digit)]);
  return String(interim);
}

/** The eighteen digits. */
export function writeCode(alias, word) {
  const digits = PREFIX + String(alias).padStart(8, "0") + String(word).padStart(7, "0");
  return digits + checkDigit(digits);
}

/** As a person reads it: 7200 1234 5678 9012 34. */
export function spaced(code) {
  return code.replace(/(\d{4})(?=\d)/g, "$1 ");
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** The key of an enrolled phone, which signs from now on and cannot be read out. */
export function importKey(base64) {
  const hmac = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", bytesOf(base64), hmac, false, ["sign"]);
}

/** Aliases as the server packs them: four bytes each, of each epoch every lane. */
export function unpackAliases(base64) {
  const packed = new DataView(bytesOf(base64).buffer);
  return Uint32Array.from({ length: packed.byteLength / 4 }, (_, at) => packed.getUint32(at * 4));
}

/** What the phone of a key shows in a step and lane: a number of seven digits. */
export async function wordOf(key, step, lane) {
  const purpose = new TextEncoder().encode("milletpay word");
  const message = new Uint8Array(purpose.length + 9);
  message.set(purpose);
  const view = new DataView(message.buffer, purpose.length);
  view.setBigUint64(0, BigInt(step));
  view.setUint8(8, lane);
  const mac = new DataView(await crypto.subtle.sign("HMAC", key, message));
  return Number(mac.getBigUint64(0) % WORDS);
}

/** There are no aliases for this moment: the phone was without a network for too long. */
export class NoAliases extends Error {}

/** The codes of one phone, one after the other. */
export class PaymentCodes {
  #key;
  #firstEpoch;
  #aliases;
  #behind;
  #clock;

  constructor({ key, firstEpoch, aliases, behind = 0, shown = null, clock = Date.now }) {
    this.#key = key;
    this.#firstEpoch = firstEpoch;
    this.#aliases = aliases;
    this.#behind = behind;
    this.#clock = clock;
    // What was shown before a page was left may have been used: go on with the next lane.
    this.shown = { step: -1, refreshes: 0 };
    if (shown && shown.step === this.#step()) {
      this.shown = { step: shown.step, refreshes: Math.min(shown.refreshes + 1, LANES - 1) };
    }
  }

  #now() {
    return this.#clock() + this.#behind;
  }

  #step() {
    return Math.floor(this.#now() / STEP_MS);
  }

  /** The code of this moment, and in how many milliseconds it turns. */
  async current() {
    const step = this.#step();
    if (step !== this.shown.step) this.shown = { step, refreshes: 0 };
    // Lanes take turns at being the first, so that no alias is shown more than the others.
    const lane = (step + this.shown.refreshes) % LANES;
    const epoch = Math.floor(step / STEPS_OF_EPOCH);
    const alias = this.#aliases[(epoch - this.#firstEpoch) * LANES + lane];
    if (epoch < this.#firstEpoch || alias === undefined) throw new NoAliases("connect to go on");
    const word = await wordOf(this.#key, step, lane);
    return { code: writeCode(alias, word), step, lane, turnsIn: (step + 1) * STEP_MS - this.#now() };
  }

  /** Show another code at once; false when every lane of this step was shown: then wait for the turn. */
  refresh() {
    const step = this.#step();
    if (step !== this.shown.step) this.shown = { step, refreshes: -1 };
    if (this.shown.refreshes >= LANES - 1) return false;
    this.shown = { step, refreshes: this.shown.refreshes + 1 };
    return true;
  }

  /** Take in aliases that the server has given; what is over is let go. */
  extend(firstEpoch, aliases) {
    this.#firstEpoch = firstEpoch;
    this.#aliases = aliases;
  }

  /** Until when codes can be shown, in milliseconds since 1970. */
  get lastsUntil() {
    const epochs = this.#firstEpoch + this.#aliases.length / LANES;
    return epochs * STEPS_OF_EPOCH * STEP_MS - this.#behind;
  }
}

// --- Pictures. A shape is its size in modules, with quiet room around, and a path of what is dark.

// Code 128 of pairs of digits (ISO/IEC 15417): the widths of bars and spaces of values 0 to 106.
const WIDTHS = (
  "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222" +
  "123122123221223211221132221231213212223112312131311222321122321221312212322112322211212123212321" +
  "232121111323131123131321112313132113132311211313231113231311112133112331132131113123113321133121" +
  "313121211331231131213113213311213131311123311321331121312113312311332111314111221411431111111224" +
  "111422121124121421141122141221112214112412122114122411142112142211241211221114413111241112134111" +
  "111242121142121241114212124112124211411212421112421211212141214121412121111143111341131141114113" +
  "1143114111134113111131411141313111414111312114122112142112322331112"
);
const START_C = 105;
const STOP = 106;

function widthsOf(value) {
  return WIDTHS.slice(value * 6, value === STOP ? value * 6 + 7 : value * 6 + 6);
}

/** The bar code of an even number of digits. */
export function bars(digits) {
  const values = digits.match(/\d\d/g).map(Number);
  const sum = values.reduce((total, value, at) => total + value * (at + 1), START_C);
  const widths = [START_C, ...values, sum % 103, STOP].map(widthsOf).join("");
  const height = 40;
  let at = 10;
  let path = "";
  [...widths].forEach((width, number) => {
    if (number % 2 === 0) path += `M${at} 0h${width}v${height}h-${width}z`;
    at += Number(width);
  });
  return { width: at + 10, height, path };
}

// QR code, version 1 with error correction Q (ISO/IEC 18004): up to 27 digits in 21 by 21 modules.
const SIDE = 21;
const DATA = 13;
const CORRECTION = 13;

function product(a, b) {
  let result = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    result = (result << 1) ^ ((result >> 7) * 0x11d);
    result ^= ((b >> bit) & 1) * a;
  }
  return result;
}

/** The codewords that mend others, as Reed and Solomon have it. */
function corrections(data) {
  const divisor = new Array(CORRECTION).fill(0);
  divisor[CORRECTION - 1] = 1;
  let root = 1;
  for (let degree = 0; degree < CORRECTION; degree += 1) {
    for (let at = 0; at < CORRECTION; at += 1) {
      divisor[at] = product(divisor[at], root) ^ (divisor[at + 1] ?? 0);
    }
    root = product(root, 2);
  }
  const rest = new Array(CORRECTION).fill(0);
  for (const word of data) {
    const factor = word ^ rest.shift();
    rest.push(0);
    divisor.forEach((one, at) => (rest[at] ^= product(one, factor)));
  }
  return rest;
}

function codewords(digits) {
  const binary = (number, length) => number.toString(2).padStart(length, "0");
  let bits = "0001" + binary(digits.length, 10);
  for (const some of digits.match(/\d{1,3}/g)) bits += binary(Number(some), [0, 4, 7, 10][some.length]);
  bits += "0000".slice(0, DATA * 8 - bits.length);
  bits += "0".repeat((8 - (bits.length % 8)) % 8);
  const data = bits.match(/.{8}/g).map((byte) => parseInt(byte, 2));
  for (let pad = 0xec; data.length < DATA; pad ^= 0xec ^ 0x11) data.push(pad);
  return [...data, ...corrections(data)];
}

const MASKS = [
  (x, y) => (x + y) % 2,
  (_, y) => y % 2,
  (x) => x % 3,
  (x, y) => (x + y) % 3,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2,
  (x, y) => ((x * y) % 2) + ((x * y) % 3),
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
];

/** Finders, timing and the format: everything that is not data. `taken` says where that is. */
function frame(mask) {
  const dark = Array.from({ length: SIDE }, () => new Array(SIDE).fill(false));
  const taken = Array.from({ length: SIDE }, () => new Array(SIDE).fill(false));
  const set = (x, y, value) => {
    dark[y][x] = Boolean(value);
    taken[y][x] = true;
  };
  for (let at = 0; at < SIDE; at += 1) {
    set(6, at, at % 2 === 0);
    set(at, 6, at % 2 === 0);
  }
  for (const [left, top] of [[0, 0], [SIDE - 7, 0], [0, SIDE - 7]]) {
    for (let y = Math.max(0, top - 1); y < Math.min(SIDE, top + 8); y += 1) {
      for (let x = Math.max(0, left - 1); x < Math.min(SIDE, left + 8); x += 1) {
        const away = Math.max(Math.abs(x - left - 3), Math.abs(y - top - 3));
        set(x, y, away !== 2 && away !== 4);
      }
    }
  }
  const level = (0b11 << 3) | mask;
  let rest = level;
  for (let at = 0; at < 10; at += 1) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
  const format = ((level << 10) | rest) ^ 0x5412;
  const bit = (at) => (format >> at) & 1;
  for (let at = 0; at < 6; at += 1) set(8, at, bit(at));
  set(8, 7, bit(6));
  set(8, 8, bit(7));
  set(7, 8, bit(8));
  for (let at = 9; at < 15; at += 1) set(14 - at, 8, bit(at));
  for (let at = 0; at < 8; at += 1) set(SIDE - 1 - at, 8, bit(at));
  for (let at = 8; at < 15; at += 1) set(8, SIDE - 15 + at, bit(at));
  set(8, SIDE - 8, true);
  return { dark, taken };
}

function filled(words, mask) {
  const { dark, taken } = frame(mask);
  let bit = 0;
  for (let right = SIDE - 1; right > 0; right -= 2) {
    if (right === 6) right -= 1;
    const upward = ((right + 1) & 2) === 0;
    for (let vertical = 0; vertical < SIDE; vertical += 1) {
      const y = upward ? SIDE - 1 - vertical : vertical;
      for (const x of [right, right - 1]) {
        if (taken[y][x]) continue;
        const value = (words[bit >> 3] >> (7 - (bit & 7))) & 1;
        dark[y][x] = Boolean(value) !== (MASKS[mask](x, y) === 0);
        bit += 1;
      }
    }
  }
  return dark;
}

/** How hard a pattern is to read: runs, blocks, what looks like a finder, and too much dark or light. */
function penalty(dark) {
  let points = 0;
  const lines = [...dark, ...dark[0].map((_, x) => dark.map((row) => row[x]))];
  for (const line of lines) {
    const text = line.map((one) => (one ? "1" : "0")).join("");
    for (const run of text.match(/0+|1+/g)) if (run.length >= 5) points += run.length - 2;
    points += 40 * [...text.matchAll(/(?=00001011101|10111010000)/g)].length;
  }
  for (let y = 1; y < SIDE; y += 1) {
    for (let x = 1; x < SIDE; x += 1) {
      const one = dark[y][x];
      if (one === dark[y - 1][x] && one === dark[y][x - 1] && one === dark[y - 1][x - 1]) points += 3;
    }
  }
  const share = dark.flat().filter(Boolean).length / (SIDE * SIDE);
  return points + 10 * Math.floor(Math.abs(share - 0.5) * 20);
}

/** The QR code of at most 27 digits. */
export function square(digits) {
  const words = codewords(digits);
  const patterns = MASKS.map((_, mask) => filled(words, mask));
  const best = patterns.reduce((one, other) => (penalty(other) < penalty(one) ? other : one));
  let path = "";
  best.forEach((row, y) =>
    row.forEach((one, x) => {
      if (one) path += `M${x + 4} ${y + 4}h1v1h-1z`;
    }),
  );
  return { width: SIDE + 8, height: SIDE + 8, path };
}

/** A shape as an <svg>, dark on white whatever the page's colors are; with a label it is an image of that. */
export function picture({ width, height, path }, label) {
  const make = (name, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
    return element;
  };
  const about = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
  const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, "shape-rendering": "crispEdges", ...about });
  svg.append(make("path", { fill: "#fff", d: `M0 0h${width}v${height}h-${width}z` }));
  svg.append(make("path", { fill: "#000", d: path }));
  return svg;
}
