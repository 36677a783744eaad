// Remembers, per kind of form, whether the person had opened or closed details[data-more].

for (const details of document.querySelectorAll("details[data-more]")) {
  const key = `brainlog-more/${details.dataset.more}`;
  if (storage.read(key) === "open") details.open = true;
  // The click comes before the change.
  details.querySelector("summary").addEventListener("click", () => storage.write(key, details.open ? "closed" : "open"));
}
