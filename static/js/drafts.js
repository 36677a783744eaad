// Keeps what is typed into a form[data-draft] in this browser until the server says it is saved.
//
// One draft per person, day and check-in. It goes when a page comes back that says "saved", and at
// log-out. A draft that was sent and never confirmed (the session had expired, the network failed)
// is brought back by itself; any other is offered. A draft carries the version of the answers it was
// typed over, so that bringing it back can never overwrite newer ones unasked.

const PREFIX = "brainlog-draft/";
const NOT_ANSWERS = /^(csrfmiddlewaretoken|version|seen|keep-.*)$/;

const storage = {
  read(key) {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  },
  write(key, draft) {
    try {
      localStorage.setItem(key, JSON.stringify(draft));
    } catch {
      // Storage is full or forbidden. The form still works, and leaving still warns.
    }
  },
  forget(prefix) {
    try {
      for (const key of Object.keys(localStorage)) {
        if (key.startsWith(PREFIX + prefix)) localStorage.removeItem(key);
      }
    } catch {
      // Nothing could be stored, so nothing is left behind.
    }
  },
};

for (const message of document.querySelectorAll("[data-saved]")) {
  storage.forget(message.dataset.saved);
}

const form = document.querySelector("form[data-draft]");
if (form && document.body.dataset.person) keepDraft(form, `${document.body.dataset.person}/${form.dataset.draft}`);

function answersOf(form) {
  return [...new FormData(form)]
    .filter(([name, value]) => !NOT_ANSWERS.test(name) && typeof value === "string" && value !== "")
    .map(([name, value]) => [name, value.replaceAll("\r\n", "\n")]);
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
  }
  form.dispatchEvent(new Event("change", { bubbles: true }));
}

function keepDraft(form, name) {
  const key = PREFIX + name;
  const setAside = `${key}/before`;
  const offer = form.querySelector("[data-draft-offer]");
  const restored = form.querySelector("[data-draft-restored]");
  const version = form.elements.namedItem("version");
  const asOpened = answersOf(form);
  const openedVersion = version.value;
  // The server shows what was typed and is not saved: the page is newer than any draft.
  let unsaved = "unsaved" in form.dataset;
  let sending = false;
  let timer;

  const isDirty = () => unsaved || JSON.stringify(answersOf(form)) !== JSON.stringify(asOpened);

  function keep(sent = false) {
    clearTimeout(timer);
    if (isDirty() || sent) storage.write(key, { at: Date.now(), version: version.value, answers: answersOf(form), sent });
    else if (offer.hidden) storage.forget(name);
  }

  function restore(draft) {
    fill(form, draft.answers);
    version.value = draft.version;
    unsaved = true;
    offer.hidden = true;
    restored.hidden = false;
    storage.forget(`${name}/before`);
    keep();
  }

  const draft = storage.read(key) ?? storage.read(setAside);
  if (unsaved || !draft) {
    if (unsaved) keep();
  } else if (JSON.stringify(draft.answers) === JSON.stringify(asOpened)) {
    storage.forget(name);
  } else if (draft.sent) {
    restore(draft);
  } else {
    // Typing on before deciding must not cost the older draft.
    storage.write(setAside, draft);
    const time = offer.querySelector("[data-draft-time]");
    const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
    time.dateTime = new Date(draft.at).toISOString();
    time.textContent = format.format(draft.at);
    offer.hidden = false;
    offer.querySelector("[data-draft-restore]").addEventListener("click", () => restore(draft));
  }

  for (const button of form.querySelectorAll("[data-draft-discard]")) {
    button.addEventListener("click", () => {
      if (!restored.hidden) {
        fill(form, asOpened);
        version.value = openedVersion;
        unsaved = false;
      }
      offer.hidden = restored.hidden = true;
      storage.forget(`${name}/before`);
      keep();
    });
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, 200);
  });
  form.addEventListener("change", () => keep());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && !sending && isDirty()) keep();
  });
  form.addEventListener("submit", (event) => {
    if (sending) {
      event.preventDefault(); // A double tap.
      return;
    }
    keep(true);
    sending = true;
    // Should the answer never come, the person may try again.
    setTimeout(() => (sending = false), 5000);
  });
  window.addEventListener("beforeunload", (event) => {
    if (!sending && isDirty()) event.preventDefault();
  });
}
