// Shared: whose page this is, and whether it is being left on purpose. Then drafts are neither kept nor asked about.

const page = { person: document.body.dataset.person, isLeaving: false };
