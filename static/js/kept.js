// Says on the page of an error, or of the login that a save led to, whether the input is kept in this browser: shows
// [data-kept] instead of [data-not-kept] if a draft was sent and never confirmed.

if (draftStorage.keys("").some((key) => storage.read(key)?.sent)) {
  for (const element of document.querySelectorAll("[data-kept]")) element.hidden = false;
  for (const element of document.querySelectorAll("[data-not-kept]")) element.hidden = true;
}
