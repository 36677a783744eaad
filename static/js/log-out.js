// Removes what this browser stored for a person when they log out, here or in another tab, and when the server says that
// the login here was ended from elsewhere: [data-saved="7/"]. After a save, [data-saved="7/2026-05-04/midday"], removes
// the drafts that were sent; what was typed while the answer was on its way, or in another tab, stays.
// form[data-log-out] asks first if there are drafts, with that text.

const channel = "BroadcastChannel" in window ? new BroadcastChannel("brainlog-logged-out") : null;

function removeSaved(path) {
  const isLoggedOut = path.endsWith("/");
  storage.remove(...draftStorage.keys(path).filter((key) => isLoggedOut || storage.read(key)?.sent));
  if (!isLoggedOut) return;
  storage.remove(`brainlog-active/${path}`, `brainlog-zone/${path}`); // See screen-lock.js, zone-question.js.
  channel?.postMessage(path);
}

function closeWhenLoggedOut({ data: path }) {
  if (path !== `${page.person}/`) return;
  page.isLeaving = true;
  storage.remove(...draftStorage.keys(path)); // What this tab has written since.
  location.replace(location.pathname + location.search); // Not reload(), which could send a form again.
}

// A page that comes out of the browser's memory (the Back button) may be outdated, and its session over.
function reloadWhenRestored({ persisted }) {
  if (!persisted) return;
  page.isLeaving = true;
  location.reload();
}

function confirmLogOut(event) {
  if (!draftStorage.keys(`${page.person}/`).length) return;
  if (!confirm(event.target.dataset.logOut)) return event.preventDefault();
  page.isLeaving = true;
  setTimeout(() => (page.isLeaving = false), 5000); // If no answer comes, the page stays.
}

for (const message of document.querySelectorAll("[data-saved]")) removeSaved(message.dataset.saved);
if (page.person) {
  channel?.addEventListener("message", closeWhenLoggedOut);
  window.addEventListener("pageshow", reloadWhenRestored);
  for (const form of document.querySelectorAll("form[data-log-out]")) form.addEventListener("submit", confirmLogOut);
}
