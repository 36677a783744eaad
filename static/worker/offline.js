// The service worker, made of the files in this folder (home/installable.py), which begins with
// `const RELEASE = {version, files, offline, ...}`. It keeps the static files and the page that is shown without a network.
// It never keeps a page of a person, and answers no request of the admin.

const CACHE = `brainlog-${RELEASE.version}`;

async function install() {
  const cache = await caches.open(CACHE);
  // Without cookies, so that the offline page is that of a visitor. A redirected answer could not be shown at another address.
  const requests = [...RELEASE.files, RELEASE.offline].map(
    (address) => new Request(address, { credentials: "omit", redirect: "error", cache: address === RELEASE.offline ? "no-store" : "default" }),
  );
  await cache.addAll(requests);
  await self.skipWaiting(); // A new worker otherwise waits until all tabs of the old one are closed; a reload is not enough.
}

async function activate() {
  for (const name of await caches.keys()) if (name.startsWith("brainlog-") && name !== CACHE) await caches.delete(name);
  // The browser asks for a page while this worker is still starting.
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
}

async function kept(address) {
  const cache = await caches.open(CACHE);
  return (await cache.match(address, { ignoreVary: true })) ?? Response.error();
}

// The offline page, which says whether a form was sent: see static/js/offline.js.
async function offlinePage(method) {
  const answer = await kept(RELEASE.offline);
  if (method === "GET") return answer;
  const text = await answer.text();
  return new Response(text.replace("data-offline>", 'data-offline="form">'), { headers: answer.headers });
}

async function openPage(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    return offlinePage(event.request.method);
  }
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (origin !== self.location.origin || pathname.startsWith(RELEASE.admin)) return;
  if (event.request.mode === "navigate") event.respondWith(openPage(event));
  // The browser's own cache comes first: files with a hash in their name are asked for once.
  else if (RELEASE.files.includes(pathname)) event.respondWith(fetch(event.request).catch(() => kept(pathname)));
});
