// Keeps the page's own files, so that it works without a network once it has been loaded. The network comes first: a page that was
// published anew is what a visitor gets.
const STORE = 'stablesig-page'

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
self.addEventListener('fetch', (event) => {
  const { request } = event
  if (request.method !== 'GET' || new URL(request.url).origin !== self.location.origin) return
  event.respondWith(answer(request))
})

async function answer(request) {
  const store = await caches.open(STORE)
  try {
    const response = await fetch(request)
    if (response.ok) await store.put(request, response.clone())
    return response
  } catch (error) {
    // The same file is asked for as a module and as a worker, with other headers.
    const kept = await store.match(request, { ignoreVary: true })
    if (kept) return kept
    throw error
  }
}
