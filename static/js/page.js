// Shared: whose page this is; whether it is being left on purpose, when drafts are neither kept nor asked about; whether
// it waits for the answer to a form (sending.js); when the day that it calls today is over (new-day.js); and whether any of
// its forms has input that is not saved.
//
// The page that is shown without a network, [data-offline], is the same for everyone: it lists the drafts of the last
// person whose page was open in this browser and who has not logged out (log-out.js).

const LAST_PERSON = "brainlog-person";

function personOfPage() {
  const { person } = document.body.dataset;
  if (document.querySelector("[data-offline]")) return storage.read(LAST_PERSON) ?? undefined;
  if (person && storage.read(LAST_PERSON) !== person) storage.write(LAST_PERSON, person);
  return person;
}

function hasInput(form) {
  const served = form.cloneNode(true);
  served.reset();
  const [now, before] = [form, served].map((each) => JSON.stringify([...new FormData(each)]));
  return "unsaved" in form.dataset || now !== before;
}

const page = {
  person: personOfPage(),
  isLeaving: false,
  isSending: false,
  dayEndsAt: Date.now() + 1000 * Number(document.querySelector("[data-day-ends-in]")?.dataset.dayEndsIn ?? Infinity),
  hasInput: () => [...document.querySelectorAll("main form")].some(hasInput),
};
