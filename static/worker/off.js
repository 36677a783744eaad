// Sent as the service worker where SERVICE_WORKER is False: replaces the former one, removes what it kept, and itself. To
// answer 404 would leave the former one in place.

async function remove() {
  for (const name of await caches.keys()) if (name.startsWith("brainlog-")) await caches.delete(name);
  await self.registration.unregister();
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(remove()));
