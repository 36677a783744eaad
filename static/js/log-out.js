// Removes what this browser stored for a person when they log out, here or in another tab, and when the server says that
// the login here was ended from elsewhere: [data-saved="7/"]. After a save, [data-saved="7/2026-05-04/midday"], several
// with commas between them, removes the drafts that were sent; what was typed while the answer was on its way, or in
// another tab, stays, and so does what waits for the network. [data-saved="7/2026-05-04/catch-up/*"], after the person left
// the day as it is, removes all drafts of that form that do not wait. So does a page whose form is gone,
// [data-nothing-to-save]: they cannot be opened any more.
// Logging out also closes the notifications that are shown, ends the device's push subscription, and removes the service
// worker with all that it keeps.
// If there are drafts, form[data-log-out] shows its [data-unsaved-texts] first, which lists them.

const channel = "BroadcastChannel" in window ? new BroadcastChannel("brainlog-logged-out") : null;

function removeUnlessWaiting(path) {
  storage.remove(...draftStorage.keys(path).filter((key) => !storage.read(key)?.waits));
}

function removeSaved(path) {
  if (path.endsWith("/*")) return removeUnlessWaiting(path.slice(0, -1));
  const isLoggedOut = path.endsWith("/");
  storage.remove(...draftStorage.keys(path).filter((key) => isLoggedOut || draftStorage.isSent(storage.read(key))));
  if (!isLoggedOut) return;
  storage.remove(`brainlog-active/${path}`, `brainlog-zone/${path}`); // See screen-lock.js, zone-question.js.
  storage.remove("brainlog-sending"); // See waiting.js.
  if (`${storage.read(LAST_PERSON)}/` === path) storage.remove(LAST_PERSON);
  if (!page.person) removeWorker().catch(reportError);
  channel?.postMessage(path);
}

// Nothing depends on the answer of the push service, which can fail or never come: the server has removed the channel.
async function removeWorker() {
  const registration = await navigator.serviceWorker?.getRegistration();
  for (const shown of (await registration?.getNotifications?.()) ?? []) shown.close();
  const subscription = await registration?.pushManager?.getSubscription();
  subscription?.unsubscribe().catch(() => {});
  await registration?.unregister();
  if (!window.caches) return; // A page that did not come over https.
  for (const name of await caches.keys()) if (name.startsWith("brainlog-")) await caches.delete(name);
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

function showTexts(form, isShown) {
  const texts = form.querySelector("[data-unsaved-texts]");
  draftStorage.listIn(texts.querySelector("ul"));
  texts.hidden = !isShown;
  form.querySelector("[data-first]").hidden = isShown;
  (isShown ? texts : form.querySelector("[data-first]")).focus();
}

function logOut(event) {
  if (!draftStorage.keys(`${page.person}/`).length) return;
  if (!event.submitter?.matches("[data-anyway]")) {
    event.preventDefault();
    return showTexts(event.target, true);
  }
  page.isLeaving = true;
  setTimeout(() => (page.isLeaving = false), 5000); // If no answer comes, the page stays.
}

for (const message of document.querySelectorAll("[data-saved]")) message.dataset.saved.split(",").forEach(removeSaved);
for (const { dataset } of document.querySelectorAll("[data-nothing-to-save]")) {
  removeUnlessWaiting(dataset.nothingToSave);
}
if (page.person) {
  channel?.addEventListener("message", closeWhenLoggedOut);
  window.addEventListener("pageshow", reloadWhenRestored);
  for (const form of document.querySelectorAll("form[data-log-out]")) {
    form.addEventListener("submit", logOut);
    form.querySelector("[data-stay]").addEventListener("click", () => showTexts(form, false));
  }
}
