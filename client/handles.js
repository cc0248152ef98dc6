// Keeps what opens a file again after a reload, a FileSystemFileHandle, where the browser has that. The database is one of
// the page's origin. Nothing here fails: without the database, or if it does not answer, nothing is kept.

const STORE = 'handles'
const ANSWER_MS = 3000 // a database that is damaged or blocked may never answer

export const keepHandle = (key, handle) => ask('readwrite', (store) => store.put(handle, key))
export const handleOf = (key) => ask('readonly', (store) => store.get(key))
export const forgetHandle = (key) => ask('readwrite', (store) => store.delete(key))

const ask = (mode, request) => Promise.race([answered(mode, request), new Promise((end) => setTimeout(end, ANSWER_MS))])

// The result of one request to the store.
async function answered(mode, request) {
  try {
    const database = await opened()
    try {
      return await new Promise((done, fail) => {
        const transaction = database.transaction(STORE, mode)
        const asked = request(transaction.objectStore(STORE))
        transaction.oncomplete = () => done(asked.result)
        transaction.onabort = fail
      })
    } finally {
      database.close()
    }
  } catch {} // a private window, or a browser that keeps no handles
}

function opened() {
  return new Promise((done, fail) => {
    const request = indexedDB.open('postern', 1)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE)
    request.onsuccess = () => done(request.result)
    request.onerror = request.onblocked = fail
  })
}
