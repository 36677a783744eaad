// Shows what is asked about the kind of an own question that is chosen: [data-for-kinds="number two_numbers"].
//
// Without this script all of it shows, each part with a legend that says which kind it is about.

const parts = [...document.querySelectorAll("[data-for-kinds]")];

function showChosenKind() {
  const kind = document.querySelector("[name=kind]:checked")?.value;
  for (const part of parts) part.hidden = !part.dataset.forKinds.split(" ").includes(kind);
}

if (parts.length) {
  for (const part of parts) for (const legend of part.querySelectorAll(":scope > legend")) legend.hidden = true;
  document.addEventListener("change", showChosenKind);
  addEventListener("pageshow", showChosenKind); // The browser may have filled in the form again.
  showChosenKind();
}
