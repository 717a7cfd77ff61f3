// What the shops' intake keeps on the device: rows in IndexedDB, each named by its own key.
//   key, state (queued | sending | sent | refused | conflict), values, files, owner,
//   captured (ISO), and after sending: reference, url, recorded; or why, code, field

const NAME = "redress-shop";
const TABLE = "complaints";

function opened() {
  return new Promise((resolve, reject) => {
    const ask = indexedDB.open(NAME, 1);
    ask.onupgradeneeded = () => ask.result.createObjectStore(TABLE, { keyPath: "key" });
    ask.onsuccess = () => resolve(ask.result);
    ask.onerror = () => reject(ask.error);
  });
}

async function within(mode, work) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(TABLE, mode);
      const ask = work(transaction.objectStore(TABLE));
      transaction.oncomplete = () => resolve(ask.result);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

export const all = async () => (await within("readonly", (table) => table.getAll()))
  .sort((a, b) => b.captured.localeCompare(a.captured));
export const get = (key) => within("readonly", (table) => table.get(key));
export const put = (row) => within("readwrite", (table) => table.put(row));
export const drop = (key) => within("readwrite", (table) => table.delete(key));
