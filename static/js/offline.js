// The page that the service worker shows without a network, [data-offline]. A save that led here waits from now on
// (waiting.js). The page that was asked for is opened once the network is back: by GET, so that no form is sent again. For
// a form without drafts, [data-offline="form"], that is Today: there may be no page at its address.

function isSentFromHere({ sent, needsYou, post }) {
  return sent && !needsYou && post && new URL(post.address, location).pathname === location.pathname;
}

const offlinePage = document.querySelector("[data-offline]");
let address = offlinePage?.dataset.offline === "form" ? "/" : location.pathname + location.search;

async function openWhenReachable() {
  if (!navigator.onLine) return;
  const answer = await fetch("/healthz", { cache: "no-store" }).catch(() => null);
  if (answer?.ok) location.replace(address);
}

if (offlinePage) {
  if (page.person) {
    for (const key of draftStorage.keys(`${page.person}/`)) {
      const draft = storage.read(key);
      const isSent = draft && isSentFromHere(draft);
      if (isSent) draftStorage.write(key, { ...draft, waits: true });
      if (isSent || draft?.address === location.pathname) address = location.pathname + location.search;
    }
  }
  addEventListener("online", openWhenReachable);
  setInterval(openWhenReachable, 15_000); // The server was away, or the phone does not say that it is connected again.
}
