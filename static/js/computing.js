// What is computed while its page is open: [data-computing] shows how far it is, by the address in [data-state], and
// the page is loaded again when it is done. A form with [data-asks-itself] is sent without a press, as the page opens.
//
// A page that loads itself again would overtake a link that has just been pressed: the browser gives up the page that
// is on its way. So a press stops it. A page that comes back by the Back button as it was left goes on.

const LOOK_MS = 2_000;
const LEAVING_MS = 30_000; // A link to a file leaves the page where it is: from then on it is loaded again.
const asking = document.querySelector("form[data-asks-itself]");
const computed = [...document.querySelectorAll("[data-computing]")];
let looking = new AbortController();
let isDone = false;
let staysUntil = 0;

const isWaiting = () => page.isLeaving || performance.now() < staysUntil || document.visibilityState === "hidden";

function leave() {
  staysUntil = performance.now() + LEAVING_MS;
  looking.abort();
}

// Of a link that is opened in another tab, or leads to a place in this page, the page learns nothing else.
function onClick(event) {
  const isElsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented;
  if (!isElsewhere && event.target.closest?.("a[href]:not([href^='#'], [target='_blank'])")) leave();
}

function loadAgain() {
  isDone = true; // Else later, if a press came first.
  if (isWaiting()) return;
  page.isLeaving = true;
  location.reload();
}

async function ask() {
  const answer = await fetch(asking.action, { method: "POST", body: new FormData(asking), redirect: "manual" });
  if (answer.type === "opaqueredirect") loadAgain();
}

async function look() {
  if (isWaiting()) return;
  if (isDone) return loadAgain();
  if (!computed.length) return;
  looking = new AbortController();
  const options = { cache: "no-store", redirect: "error", signal: looking.signal };
  const state = await fetch(computed[0].dataset.state, options)
    .then((answer) => (answer.ok ? answer.json() : null))
    .catch(() => null);
  if (!state || isWaiting()) return;
  for (const each of computed) {
    const kind = each.dataset.computing;
    if (state.progress[kind] === null) return loadAgain();
    each.querySelector("progress").value = state.progress[kind];
    each.querySelector("span").textContent = state.words[kind];
  }
}

function comeBack(event) {
  if (!event.persisted) return;
  page.isLeaving = false;
  staysUntil = 0;
  look();
}

if (asking) ask().catch(() => null); // Without a network, the button stays.
if (asking || computed.length) {
  setInterval(look, LOOK_MS);
  addEventListener("click", onClick);
  addEventListener("submit", (event) => event.defaultPrevented || leave());
  addEventListener("pagehide", leave);
  addEventListener("pageshow", comeBack);
}
