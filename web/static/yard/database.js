/** What stays on the phone: one IndexedDB database, opened once. Nothing secret is in it that is not wrapped. */

import { YardError } from "./errors.js";

const NAME = "bitacora-campo";
const VERSION = 1;

// people by kid; one device key; statements in the order of their coming; heads and views by state key.
const STORES = {
  device: { keyPath: "name" },
  people: { keyPath: "kid" },
  outbox: { keyPath: "n", autoIncrement: true },
  heads: { keyPath: "subject" },
  views: { keyPath: "subject" },
};

let opening;

/**
 * Do `work(...objectStores)` in one transaction over the stores named, and give its result once it is on the disk.
 * `work` may await requests of the transaction alone: anything else would let it end.
 */
export async function transact(names, mode, work) {
  const database = await open();
  const transaction = database.transaction(names, mode, { durability: "strict" });
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(noStorage(transaction.error));
  });
  try {
    const result = await work(...names.map((name) => transaction.objectStore(name)));
    await done;
    return result;
  } catch (error) {
    done.catch(() => {});
    abort(transaction);
    throw error;
  }
}

/** The result of one request. */
export function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(noStorage(request.error));
  });
}

/** One record, or undefined. */
export const read = (name, key) => transact([name], "readonly", (store) => answer(store.get(key)));

export const readAll = (name) => transact([name], "readonly", (store) => answer(store.getAll()));

export const write = (name, record) => transact([name], "readwrite", (store) => answer(store.put(record)));

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const [name, options] of Object.entries(STORES)) request.result.createObjectStore(name, options);
      const outbox = request.transaction.objectStore("outbox");
      outbox.createIndex("event", "event", { unique: true });
      outbox.createIndex("state", "state");
    };
    request.onsuccess = () => {
      // Another tab with a newer version must not wait for this one.
      request.result.onversionchange = () => {
        request.result.close();
        opening = undefined;
      };
      resolve(request.result);
    };
    request.onerror = () => {
      opening = undefined;
      reject(noStorage(request.error));
    };
  });
  return opening;
}

function abort(transaction) {
  try {
    transaction.abort();
  } catch (error) {
    if (error.name !== "InvalidStateError") throw error;
  }
}

const noStorage = (error) => new YardError("no-storage", { reason: error?.name ?? "aborted" });
