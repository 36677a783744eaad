// Remembers, per kind of form, whether details[data-more] was open.

for (const details of document.querySelectorAll("details[data-more]")) {
  const key = `brainlog-more/${details.dataset.more}`;
  try {
    if (localStorage.getItem(key) === "open") details.open = true;
    details.addEventListener("toggle", () => localStorage.setItem(key, details.open ? "open" : "closed"));
  } catch {
    // Without storage it simply starts closed.
  }
}
