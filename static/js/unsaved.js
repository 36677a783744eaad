// Lists what is not saved in this browser, with a link to each: [data-unsaved-list] of Today.

const section = document.querySelector("[data-unsaved-list]");

function showUnsaved() {
  section.hidden = !draftStorage.listIn(section.querySelector("ul"));
}

if (section && page.person) {
  showUnsaved();
  addEventListener("storage", showUnsaved); // Another tab has typed or saved.
}
