// The page that the service worker shows without a network, [data-offline]. A save that led here waits from now on
// (waiting.js). The page that was asked for is opened once the network is back: by GET, so that no form is sent again.

function isSentFromHere({ sent, needsYou, post }) {
  return sent && !needsYou && post && new URL(post.address, location).pathname === location.pathname;
}

async function openWhenReachable() {
  if (!navigator.onLine) return;
  const answer = await fetch("/healthz", { cache: "no-store" }).catch(() => null);
  if (answer?.ok) location.replace(location.pathname + location.search);
}

if (document.querySelector("[data-offline]")) {
  if (page.person) {
    for (const key of draftStorage.keys(`${page.person}/`)) {
      const draft = storage.read(key);
      if (draft && isSentFromHere(draft)) draftStorage.write(key, { ...draft, waits: true });
    }
  }
  addEventListener("online", openWhenReachable);
  setInterval(openWhenReachable, 15_000); // The server was away, or the phone does not say that it is connected again.
}
