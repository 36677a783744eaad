// Notifications. The payload of a push message is JSON: {"title", "body", "url", "tag"}. Browsers require that each message
// shows a notification, and end a subscription after some that did not: a payload that cannot be read shows a neutral one.

const NEUTRAL = { title: RELEASE.notification, body: "", url: "/", tag: "" };

function isText(value) {
  return typeof value === "string";
}

function readMessage(data) {
  try {
    const message = data.json();
    if (!isText(message.title) || !message.title) return NEUTRAL;
    const texts = Object.entries(message).filter(([name, value]) => name in NEUTRAL && isText(value));
    return { ...NEUTRAL, ...Object.fromEntries(texts) };
  } catch {
    return NEUTRAL;
  }
}

// An address of this site; Today, if the message names none.
function ownAddress(url) {
  try {
    const address = new URL(url, self.location.origin);
    if (address.origin === self.location.origin) return address;
  } catch {
    // Not an address.
  }
  return new URL("/", self.location.origin);
}

function show(data) {
  const { title, body, url, tag } = readMessage(data);
  const address = ownAddress(url).href;
  const renotify = Boolean(tag); // Without it, a repetition replaces the one before in silence.
  return self.registration.showNotification(title, { body, tag, renotify, icon: RELEASE.icon, data: { address } });
}

// A window that shows another page is left as it is: something may be typed there.
async function openWindow(address) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const shown = windows.find(({ url }) => new URL(url).pathname === new URL(address).pathname);
  return shown ? shown.focus() : self.clients.openWindow(address);
}

self.addEventListener("push", (event) => event.waitUntil(show(event.data)));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openWindow(event.notification.data.address));
});
