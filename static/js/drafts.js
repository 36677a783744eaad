// Keeps what is typed into form[data-draft="2026-05-04/midday"] in this browser until the server says that it is saved.
//
// Each opened page keeps a draft of its own, so that no tab can write over another's. Drafts are removed when a page comes
// back that says "saved", and at log-out (log-out.js). A draft that was sent and never confirmed (the session had
// expired, the network failed) is restored at once; any other is offered, the newest first. A draft carries the version
// of the answers that it was typed over, so that restoring it never overwrites newer answers unasked. If it was typed
// after the end of the day that its page called today, it carries that day, and the server asks which day is meant.
//
// Where drafts cannot be stored, and without JavaScript, the browser's own memory of a form is all that brings back what was
// typed, by the Back button. Elsewhere it is off (`autocomplete`): it would show old input as if it had just been typed.
//
// Leaving the page warns only if the draft could not be stored: what is stored is listed on Today (unsaved.js).
//
// A form without questions, [data-only-drafts], is shown while there is a draft for it.
//
// A save without a network waits: the draft holds what the form would have sent, and waiting.js sends it later. What is
// typed after that is a draft like any other, which has to be saved.

const MOST_DRAFTS = 20; // of one page
const NOT_ANSWERS = /^(csrfmiddlewaretoken|version|seen|asked-names|today|meant|then|remove|keep-.*)$/;
const COUNTS_OF_ROWS = /_FORMS$/;
const DAY = /\d{4}-\d\d-\d\d/;
const NO_SAVES = /^(take|now|add_dose)$/; // Buttons of the doses.

function readAnswers(form) {
  return [...new FormData(form)]
    .filter(([name, value]) => !NOT_ANSWERS.test(name) && typeof value === "string" && value !== "")
    .map(([name, value]) => [name, value.replaceAll("\r\n", "\n")]);
}

// The answers in the page as the server sent it: the browser may have filled in others, or the person was faster than
// this script.
function readServedAnswers(form) {
  const copy = form.cloneNode(true);
  copy.reset();
  return readAnswers(copy);
}

function writeAnswers(form, answers) {
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
  addOthers(form, answers);
  form.dispatchEvent(new Event("change", { bubbles: true }));
}

// Answers to questions that the page does not ask any more are sent with the form: the server knows what became of them.
function addOthers(form, answers) {
  for (const input of form.querySelectorAll("[data-from-draft]")) input.remove();
  const asked = new Set([...form.elements].map(({ name }) => name));
  for (const [name, value] of answers.filter(([each]) => !asked.has(each))) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    input.dataset.fromDraft = "";
    form.append(input);
  }
}

function areSame(...several) {
  const [one, other] = several.map((answers) => JSON.stringify(answers.filter(([name]) => !COUNTS_OF_ROWS.test(name))));
  return one === other;
}

// Whether all answers of a draft are among others. One that was taken back is not seen: it is no answer.
function areAmong(others, answers) {
  const given = new Set(others.map((each) => JSON.stringify(each)));
  return answers.every(([name, value]) => COUNTS_OF_ROWS.test(name) || given.has(JSON.stringify([name, value])));
}

class DraftKeeper {
  constructor(form) {
    this.form = form;
    this.path = `${page.person}/${form.dataset.draft}/`;
    this.key = this.newKey();
    this.offer = form.querySelector("[data-draft-offer]");
    this.restored = form.querySelector("[data-draft-restored]");
    this.note = form.querySelector("[data-draft-waits]");
    this.version = form.elements.namedItem("version");
    this.today = form.elements.namedItem("today");
    this.served = { version: this.version.value, today: this.today.value, answers: readServedAnswers(form) };
    // The server shows answers that were sent and not saved: the page is newer than the draft of what was sent.
    this.isServedUnsaved = "unsaved" in form.dataset;
    this.isUnsaved = this.isServedUnsaved;
    this.sent = null; // The answers that were sent.
    this.post = undefined; // Where they were sent, and what went with them: {address, fields}.
    this.isQueued = false; // Whether they were saved without a network.
    this.waits = false; // Whether the page still says the same, and the draft waits for the network.
    this.timer = null;
    this.typedAt = Date.now();
    this.others = this.readOthers(); // Stored by earlier pages and other tabs, the newest first: {key, draft}.
  }

  start() {
    if (storage.isUsable()) this.form.autocomplete = "off";
    const unconfirmed = !this.isServedUnsaved && this.others.find(({ draft }) => draft.sent);
    if (unconfirmed) this.restore(unconfirmed);
    this.showOffer();
    if (this.save()) this.removeMoved();
    this.listen();
  }

  listen() {
    const { form, offer, restored } = this;
    offer.querySelector("[data-draft-restore]").addEventListener("click", () => this.restore(this.others[0]));
    offer.querySelector("[data-draft-discard]").addEventListener("click", () => this.discardOffered());
    restored.querySelector("[data-draft-discard]").addEventListener("click", () => this.discardRestored());
    form.addEventListener("input", () => {
      this.typedAt = Date.now();
      this.timer ??= setTimeout(() => this.save(), 200);
    });
    form.addEventListener("change", () => {
      this.typedAt = Date.now();
      this.save();
    });
    form.addEventListener("submit", ({ submitter }) => this.send(submitter));
    form.addEventListener("offline-submit", (event) => this.wait(event));
    document.addEventListener("drafts-sent", ({ detail: done }) => this.onSent(done));
    window.addEventListener("storage", ({ key }) => this.onStored(key));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.save();
    });
    window.addEventListener("beforeunload", (event) => this.warn(event));
  }

  newKey() {
    return draftStorage.PREFIX + this.path + Math.random().toString(36).slice(2);
  }

  // What the person has moved here is stored by this page now, and not waiting on the day that it was typed on any more.
  removeMoved() {
    if (!this.form.dataset.moved) return;
    const moved = draftStorage.keys(`${page.person}/${this.form.dataset.moved}/`);
    storage.remove(...moved.filter((key) => draftStorage.isSent(storage.read(key))));
  }

  readOthers() {
    const others = [];
    for (const key of draftStorage.keys(this.path)) {
      const draft = storage.read(key);
      if (draft?.waits) continue; // Sent by itself.
      if (this.isOutdated(draft)) storage.remove(key);
      else others.push({ key, draft });
    }
    others.sort((one, other) => other.draft.at - one.draft.at);
    const kept = [];
    for (const other of others) {
      const isTooMany = kept.length >= MOST_DRAFTS && !draftStorage.isKeptSave(other.draft);
      if (isTooMany || kept.some(({ draft }) => this.isReplaced(other.draft, draft))) storage.remove(other.key);
      else kept.push(other);
    }
    return kept;
  }

  // Whether a newer draft has all that a draft has: the same texts, and later choices. So a check-in that was begun and left
  // several times is offered once.
  isReplaced(draft, newer) {
    if (draft.sent || draft.today !== newer.today) return false;
    const names = new Set(newer.answers.map(([name]) => name));
    const answers = new Set(newer.answers.map((answer) => JSON.stringify(answer)));
    return draft.answers.every((answer) => answers.has(JSON.stringify(answer)) || (this.isChoice(answer[0]) && names.has(answer[0])));
  }

  isChoice(name) {
    return ["radio", "checkbox"].includes(this.form.querySelector(`[name="${CSS.escape(name)}"]`)?.type);
  }

  isOutdated(draft) {
    return !draft || areSame(draft.answers, this.served.answers) || (this.isServedUnsaved && draftStorage.isSent(draft));
  }

  isDirty() {
    return this.isUnsaved || !areSame(readAnswers(this.form), this.served.answers);
  }

  asDraft() {
    const answers = readAnswers(this.form);
    const sent = this.sent !== null && areSame(this.sent, answers);
    const [title, address] = [this.form.dataset.draftTitle, new URL(this.form.getAttribute("action"), location).pathname];
    const asSent = sent ? { post: this.post, waits: this.isQueued, failures: storage.read(this.key)?.failures } : {};
    return { at: this.typedAt, version: this.version.value, answers, sent, today: this.outdatedToday(), title, address, ...asSent };
  }

  // What the form sends beside its answers; nothing for a button that saves nothing. It is for the day that it was saved on,
  // even if it arrives after the end of that day; the server still asks if the page had outlasted its day before.
  readPost(submitter) {
    const { form } = this;
    if (NO_SAVES.test(submitter?.name)) return undefined;
    const isElsewhere = submitter?.hasAttribute("formaction");
    const address = isElsewhere ? submitter.getAttribute("formaction") : form.getAttribute("action");
    const isBeside = ([name, value]) => name !== "csrfmiddlewaretoken" && (NOT_ANSWERS.test(name) || value === "");
    const fields = [...new FormData(form)].filter(isBeside);
    if (submitter?.name) fields.push([submitter.name, submitter.value]);
    const isSettled = this.outdatedToday() || fields.some(([name]) => name === "meant");
    if (!isSettled) fields.push(["meant", (isElsewhere ? address : form.dataset.draft).match(DAY)[0]]);
    return { address, fields };
  }

  // The day that the page calls today, if that is over, or was when the server asked about it.
  outdatedToday() {
    const isOver = Date.now() >= page.dayEndsAt || "asks" in this.form.dataset || this.today.value !== this.served.today;
    return isOver ? this.today.value : undefined;
  }

  // Returns whether there is nothing left that is not stored.
  save() {
    clearTimeout(this.timer);
    this.timer = null;
    if (page.isLeaving) return false;
    if (this.isDirty()) return this.write();
    storage.remove(this.key);
    this.waits = false;
    this.note.hidden = true;
    return true;
  }

  write() {
    const draft = this.asDraft();
    const isStored = draftStorage.write(this.key, draft);
    if (!isStored) this.form.autocomplete = "on";
    this.waits = Boolean(draft.waits && isStored);
    this.note.hidden = !this.waits;
    return isStored;
  }

  showOffer() {
    const [next] = this.others;
    this.offer.hidden = !next;
    if ("onlyDrafts" in this.form.dataset) this.form.hidden = !next && this.restored.hidden;
    if (!next) return;
    const time = this.offer.querySelector("[data-draft-time]");
    time.dateTime = new Date(next.draft.at).toISOString();
    time.textContent = formats.dateTime(next.draft.at);
  }

  restore(other) {
    const { key, draft } = other;
    this.others.splice(this.others.indexOf(other), 1);
    if (this.isDirty() && !areSame(readAnswers(this.form), draft.answers)) this.offerCurrent();
    this.version.value = draft.version;
    this.today.value = draft.today ?? this.served.today;
    writeAnswers(this.form, draft.answers);
    this.typedAt = draft.at;
    this.isUnsaved = true;
    this.restored.hidden = false;
    this.save();
    storage.remove(key);
    this.showOffer();
  }

  // What a restored draft replaces can be restored in turn.
  offerCurrent() {
    const replaced = { key: this.newKey(), draft: this.asDraft() };
    draftStorage.write(replaced.key, replaced.draft);
    this.others.unshift(replaced);
  }

  discardOffered() {
    storage.remove(this.others.shift().key);
    this.showOffer();
  }

  discardRestored() {
    this.version.value = this.served.version;
    this.today.value = this.served.today;
    this.isUnsaved = this.isServedUnsaved;
    this.restored.hidden = true;
    writeAnswers(this.form, this.served.answers);
    this.showOffer();
  }

  // Drafts of earlier pages that say nothing else than what is sent are in the draft of this page now. Returns whether the
  // draft is stored.
  send(submitter, { waits = false } = {}) {
    this.sent = readAnswers(this.form);
    this.post = this.readPost(submitter);
    this.isQueued = waits;
    if (!this.save()) return false;
    const repeated = this.others.filter(({ draft }) => areAmong(this.sent, draft.answers));
    storage.remove(...repeated.map(({ key }) => key));
    this.others = this.others.filter((other) => !repeated.includes(other));
    this.showOffer();
    return true;
  }

  wait(event) {
    const { submitter } = event.detail;
    if (NO_SAVES.test(submitter?.name) || !this.isDirty() || !this.send(submitter, { waits: true })) return;
    event.preventDefault();
    this.note.focus();
    this.note.scrollIntoView({ block: "center" });
  }

  // What waited was sent, from this page or from another tab: the page shows what is stored now, or the server's question.
  // With other input it stays as it is.
  onSent(done) {
    const own = done.find(({ key }) => key === this.key);
    const isOfThisPage = own ? this.waits : done.some(({ key }) => key.startsWith(draftStorage.PREFIX + this.path)) && !this.isDirty();
    if (!isOfThisPage) return;
    page.isLeaving = true;
    location.replace(own?.address ?? location.pathname + location.search);
  }

  onStored(key) {
    if (this.waits && key === this.key && !storage.read(key)?.waits) this.onSent([{ key }]);
  }

  warn(event) {
    if (!page.isSending && !page.isLeaving && !this.save()) event.preventDefault();
  }
}

const form = document.querySelector("form[data-draft]");
if (form && page.person) new DraftKeeper(form).start();
