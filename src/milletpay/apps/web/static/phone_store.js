// What a browser that shows payment codes keeps: a key that cannot be read out, and aliases for a week.

const NAME = "millet-phones";

function opened() {
  return new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("phones");
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
}

async function within(mode, work) {
  const database = await opened();
  try {
    return await new Promise((done, failed) => {
      const transaction = database.transaction("phones", mode);
      const asked = work(transaction.objectStore("phones"));
      transaction.oncomplete = () => done(asked.result);
      transaction.onerror = () => failed(transaction.error);
      transaction.onabort = () => failed(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** What this browser is for a customer, if it is anything. */
export const load = (customer) => within("readonly", (phones) => phones.get(customer));
export const keep = (customer, phone) => within("readwrite", (phones) => phones.put(phone, customer));
export const drop = (customer) => within("readwrite", (phones) => phones.delete(customer));
export const all = () => within("readonly", (phones) => phones.getAll());
