// What a till keeps, in IndexedDB: what is written here is on the disk before anything follows from it. What is
// kept where, and why: decision 19.

const NAME = "millet-till";
let opened = null;

function database() {
  opened ??= new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      // What there is one of, by name: the pairing, the open sale, who is signed in.
      asked.result.createObjectStore("facts");
      // Keys that sign and cannot be read out, by terminal.
      asked.result.createObjectStore("keys");
      asked.result.createObjectStore("sales", { keyPath: ["tid", "pairing", "sequence"] });
      asked.result.createObjectStore("cash", { keyPath: "reference" });
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  return opened;
}

async function within(store, mode, work) {
  const transaction = (await database()).transaction(store, mode, { durability: "strict" });
  return new Promise((done, failed) => {
    const asked = work(transaction.objectStore(store));
    transaction.oncomplete = () => done(asked.result);
    transaction.onerror = () => failed(transaction.error);
    transaction.onabort = () => failed(transaction.error);
  });
}

export const fact = (name) => within("facts", "readonly", (facts) => facts.get(name));
export const keep = (name, value) => within("facts", "readwrite", (facts) => facts.put(value, name));
export const drop = (name) => within("facts", "readwrite", (facts) => facts.delete(name));

export const sealKey = (tid) => within("keys", "readonly", (keys) => keys.get(tid));
export const keepSealKey = (tid, key) => within("keys", "readwrite", (keys) => keys.put(key, tid));

// `add`, not `put`: a number is given once, whoever else counts.
export const addSale = (sale) => within("sales", "readwrite", (sales) => sales.add(sale));
export const keepSale = (sale) => within("sales", "readwrite", (sales) => sales.put(sale));
export const dropSale = (sale) =>
  within("sales", "readwrite", (sales) => sales.delete([sale.tid, sale.pairing, sale.sequence]));
export const sales = () => within("sales", "readonly", (kept) => kept.getAll());

export const keepCash = (memo) => within("cash", "readwrite", (cash) => cash.put(memo));
export const dropCash = (memo) => within("cash", "readwrite", (cash) => cash.delete(memo.reference));
export const cash = () => within("cash", "readonly", (kept) => kept.getAll());
