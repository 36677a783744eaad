// Shared: whose page this is; whether it is being left on purpose, when drafts are neither kept nor asked about; whether
// it waits for the answer to a form (sending.js); and when the day that it calls today is over (new-day.js).

const page = {
  person: document.body.dataset.person,
  isLeaving: false,
  isSending: false,
  dayEndsAt: Date.now() + 1000 * Number(document.querySelector("[data-day-ends-in]")?.dataset.dayEndsIn ?? Infinity),
};
