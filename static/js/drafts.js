// Keeps what is typed into a form[data-draft] in this browser until the server says it is saved.
//
// Each opened page keeps a draft of its own under its person, day and check-in, so that no tab can
// write over another's. Drafts go when a page comes back that says "saved", at log-out, and when the
// server says that the login here was ended from elsewhere; other tabs of the person then close. One that
// was sent and never confirmed (the session had expired, the network failed) is brought back by
// itself; any other is offered, the newest first. A draft carries the version of the answers it was
// typed over, so that bringing it back can never overwrite newer ones unasked.

const PREFIX = "brainlog-draft/";
const MOST = 20; // drafts of one page
const LARGE = 1_000_000; // characters
const NOT_ANSWERS = /^(csrfmiddlewaretoken|version|seen|asked-names|keep-.*)$/;
const COUNTS_OF_ROWS = /_FORMS$/;
// Tells other tabs that a person is logged out: "7/". They keep nothing any more, and load again.
const loggedOut = "BroadcastChannel" in window ? new BroadcastChannel("brainlog-logged-out") : null;
const { person } = document.body.dataset;
let isLeaving = false; // The page goes, and takes what is typed along: no more questions, no more drafts.

const storage = {
  read(key) {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  },
  write(key, value) {
    const text = JSON.stringify(value);
    // Where there is no room left, the oldest draft gives way to this one, unless this is what takes the room.
    for (;;) {
      try {
        return localStorage.setItem(key, text);
      } catch {
        const [oldest] = text.length < LARGE ? storage.fromOldest(PREFIX, key) : [];
        if (!oldest) return; // Storage is full or forbidden. The form still works, and leaving still warns.
        storage.forget(oldest);
      }
    }
  },
  fromOldest(prefix, ...without) {
    const keys = storage.keys(prefix).filter((key) => !without.includes(key));
    const times = new Map(keys.map((key) => [key, storage.read(key)?.at ?? 0]));
    return keys.sort((one, other) => times.get(one) - times.get(other));
  },
  forget(...keys) {
    try {
      for (const key of keys) localStorage.removeItem(key);
    } catch {
      // Nothing could be stored, so nothing is left behind.
    }
  },
  keys(prefix) {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
    } catch {
      return [];
    }
  },
};

for (const message of document.querySelectorAll("[data-saved]")) {
  // "7/" after a log-out: all of that person's. "7/2026-05-04/midday" after a save: what was sent;
  // what was typed while it was on its way, or in another tab, stays.
  const prefix = PREFIX + message.dataset.saved;
  storage.forget(...storage.keys(prefix).filter((key) => prefix.endsWith("/") || storage.read(key)?.sent));
  storage.forget(`brainlog-active/${message.dataset.saved}`); // After a log-out: see screen-lock.js.
  if (prefix.endsWith("/")) loggedOut?.postMessage(message.dataset.saved);
}

if (person) {
  loggedOut?.addEventListener("message", ({ data }) => {
    if (data !== `${person}/`) return;
    isLeaving = true;
    storage.forget(...storage.keys(PREFIX + data)); // What this tab has written since.
    location.replace(location.pathname + location.search); // Not reload(): that could send a form again.
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    // Come back to with the Back button, out of the browser's memory: the server may know better, and may have
    // ended the session.
    isLeaving = true;
    location.reload();
  });
  for (const logOut of document.querySelectorAll("form[data-log-out]")) {
    logOut.addEventListener("submit", (event) => {
      if (!storage.keys(`${PREFIX}${person}/`).length) return;
      if (!confirm(logOut.dataset.logOut)) return event.preventDefault();
      isLeaving = true;
      setTimeout(() => (isLeaving = false), 5000); // Should the answer never come.
    });
  }
}

const form = document.querySelector("form[data-draft]");
if (form && person) keepDraft(form, `${PREFIX}${person}/${form.dataset.draft}/`);

function answersOf(form) {
  return [...new FormData(form)]
    .filter(([name, value]) => !NOT_ANSWERS.test(name) && typeof value === "string" && value !== "")
    .map(([name, value]) => [name, value.replaceAll("\r\n", "\n")]);
}

function asServed(form) {
  // The browser may have filled it in again by itself, or the person was faster than this script.
  const copy = form.cloneNode(true);
  copy.reset();
  return answersOf(copy);
}

function areSame(...several) {
  const [one, other] = several.map((answers) => JSON.stringify(answers.filter(([name]) => !COUNTS_OF_ROWS.test(name))));
  return one === other;
}

function fill(form, answers) {
  const rows = answers.find(([name]) => name === "doses-TOTAL_FORMS");
  if (rows) form.dispatchEvent(new CustomEvent("dose-rows", { detail: Number(rows[1]) }));
  const given = new Map();
  for (const [name, value] of answers) given.set(name, [...(given.get(name) ?? []), value]);
  for (const input of form.elements) {
    if (!input.name || NOT_ANSWERS.test(input.name) || input.type === "submit" || input.type === "hidden") continue;
    const values = given.get(input.name) ?? [];
    if (input.type === "radio" || input.type === "checkbox") input.checked = values.includes(input.value);
    else input.value = values[0] ?? "";
    const folded = input.closest("details");
    if (folded && values.length) folded.open = true;
  }
  form.dispatchEvent(new Event("change", { bubbles: true }));
}

function keepDraft(form, prefix) {
  const newKey = () => prefix + Math.random().toString(36).slice(2);
  const ownKey = newKey();
  const offer = form.querySelector("[data-draft-offer]");
  const restored = form.querySelector("[data-draft-restored]");
  const version = form.elements.namedItem("version");
  const opened = { version: version.value, answers: asServed(form) };
  // The server shows what was typed and is not saved: the page is newer than what was sent.
  const openedUnsaved = "unsaved" in form.dataset;
  let unsaved = openedUnsaved;
  let sent = null;
  let sending = false;
  let timer = null;

  const isDirty = () => unsaved || !areSame(answersOf(form), opened.answers);

  function asTyped() {
    const answers = answersOf(form);
    return { at: Date.now(), version: version.value, answers, sent: sent !== null && areSame(sent, answers) };
  }

  function keep() {
    clearTimeout(timer);
    timer = null;
    if (isLeaving) return;
    if (isDirty()) storage.write(ownKey, asTyped());
    else storage.forget(ownKey);
  }

  const waiting = [];
  for (const key of storage.keys(prefix)) {
    const draft = storage.read(key);
    const isOutdated = !draft || areSame(draft.answers, opened.answers) || (openedUnsaved && draft.sent);
    if (isOutdated) storage.forget(key);
    else waiting.push({ key, draft });
  }
  waiting.sort((one, other) => other.draft.at - one.draft.at);
  for (const { key } of waiting.splice(MOST)) storage.forget(key);

  function showOffer() {
    const [next] = waiting;
    offer.hidden = !next;
    if (!next) return;
    const time = offer.querySelector("[data-draft-time]");
    const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
    time.dateTime = new Date(next.draft.at).toISOString();
    time.textContent = format.format(next.draft.at);
  }

  function restore(chosen) {
    waiting.splice(waiting.indexOf(chosen), 1);
    const { key, draft } = chosen;
    if (isDirty() && !areSame(answersOf(form), draft.answers)) {
      // What it takes the place of can be brought back in turn.
      const replaced = { key: newKey(), draft: asTyped() };
      storage.write(replaced.key, replaced.draft);
      waiting.unshift(replaced);
    }
    version.value = draft.version;
    fill(form, draft.answers);
    unsaved = true;
    restored.hidden = false;
    keep();
    storage.forget(key);
    showOffer();
  }

  const unconfirmed = waiting.find(({ draft }) => draft.sent);
  if (unconfirmed) restore(unconfirmed);
  showOffer();
  keep();

  offer.querySelector("[data-draft-restore]").addEventListener("click", () => restore(waiting[0]));
  offer.querySelector("[data-draft-discard]").addEventListener("click", () => {
    storage.forget(waiting.shift().key);
    showOffer();
  });
  restored.querySelector("[data-draft-discard]").addEventListener("click", () => {
    version.value = opened.version;
    unsaved = openedUnsaved;
    restored.hidden = true;
    fill(form, opened.answers);
  });

  form.addEventListener("input", () => (timer ??= setTimeout(keep, 200)));
  form.addEventListener("change", keep);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keep();
  });
  form.addEventListener("submit", (event) => {
    if (sending) return event.preventDefault(); // A double tap.
    sending = true;
    sent = answersOf(form);
    keep();
    // Should the answer never come, the person may try again.
    setTimeout(() => (sending = false), 5000);
  });
  window.addEventListener("beforeunload", (event) => {
    if (!sending && !isLeaving && isDirty()) event.preventDefault();
  });
}
