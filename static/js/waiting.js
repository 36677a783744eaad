// Sends the saves that wait in this browser for the network (drafts.js), when it is back or at the next visit of any page:
// one after the other, in one tab at a time, each with a fresh CSRF token and only to the account that it was typed in.
//
// The server treats them as any other save. If it asks something or refuses, or fails again and again, the draft stays and
// is marked: Today lists it.
// A save whose answer was lost is sent again, which is harmless: what is stored already is no change.

const ADDRESS = "/logs/waiting/";
const LOCK = "brainlog-sending";
const PATIENCE = 30_000;
const REFUSALS = [400, 404, 413]; // What to send again would not change.
const MOST_FAILURES = 20; // Sent once a minute.

// One tab at a time. Where the browser has no locks, a note in its storage has to do.
async function inOneTab(work) {
  if (navigator.locks) return navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => lock && work());
  if (storage.read(LOCK) > Date.now()) return null;
  storage.write(LOCK, Date.now() + 2 * PATIENCE);
  try {
    return await work();
  } finally {
    storage.remove(LOCK);
  }
}

// A redirect, such as to the login, is an error to these. So is no answer within the time.
const request = (address, options) => fetch(address, { redirect: "error", signal: AbortSignal.timeout(PATIENCE), ...options });

async function freshToken() {
  const { person, token } = await (await request(ADDRESS, { cache: "no-store" })).json();
  return person === page.person ? token : null;
}

// Returns {saved, address}; null if the server failed, and it has to be sent again later. Throws without a network.
async function post({ answers, post: { address, fields } }, token) {
  const body = new URLSearchParams([...fields, ...answers, ["csrfmiddlewaretoken", token]]);
  const headers = { "X-Brainlog-Person": page.person };
  const response = await request(address, { method: "POST", body, headers, redirect: "manual" });
  if (REFUSALS.includes(response.status)) return { saved: false };
  const answer = response.ok ? await response.json().catch(() => null) : null;
  return typeof answer?.saved === "boolean" ? answer : null;
}

// Returns the keys of drafts that were sent, each with the address that the save leads to, or that need the person.
async function sendAll() {
  const done = [];
  for (const key of draftStorage.waiting()) {
    const token = await freshToken().catch(() => null);
    if (!token) break; // Still without a network, or logged out: they wait on.
    const draft = storage.read(key);
    if (!draft?.waits) continue;
    const answer = await post(draft, token).catch(() => undefined);
    if (answer === undefined) continue; // One that gets no answer does not stop the others.
    const failures = (draft.failures ?? 0) + 1;
    const isToBeSentAgain = answer === null && failures < MOST_FAILURES;
    if (storage.read(key)?.waits) {
      if (answer?.saved) storage.remove(key);
      else draftStorage.write(key, { ...draft, ...(isToBeSentAgain ? { failures } : { waits: false, needsYou: true }) });
    }
    if (!isToBeSentAgain) done.push({ key, address: answer?.saved ? answer.address : null });
  }
  return done;
}

async function sendWaiting() {
  if (page.isLeaving || !draftStorage.waiting().length) return;
  const done = await inOneTab(sendAll);
  if (done?.length) document.dispatchEvent(new CustomEvent("drafts-sent", { detail: done }));
}

if (document.body.dataset.person) {
  addEventListener("online", sendWaiting);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && sendWaiting());
  setInterval(sendWaiting, 60_000); // Phones do not always say that they are connected again.
  sendWaiting();
}
