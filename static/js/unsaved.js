// Lists what is not saved in this browser, with a link to each: [data-unsaved-list] of Today and of the page without a
// network. Today is loaded again after what had waited was sent (waiting.js): it shows what is stored, and says so. With
// input that is not saved, it stays.

const section = document.querySelector("[data-unsaved-list]");

function showUnsaved() {
  section.hidden = !draftStorage.listIn(section.querySelector("ul"));
}

if (section && page.person) {
  showUnsaved();
  addEventListener("storage", showUnsaved); // Another tab has typed or saved.
  document.addEventListener("drafts-sent", ({ detail: done }) => {
    showUnsaved();
    if (page.hasInput() || !done.some(({ address }) => address)) return;
    page.isLeaving = true;
    location.reload();
  });
}
