// Remembers, per kind of form, whether the person had opened or closed details[data-more].

for (const details of document.querySelectorAll("details[data-more]")) {
  const key = `brainlog-more/${details.dataset.more}`;
  try {
    if (localStorage.getItem(key) === "open") details.open = true;
  } catch {
    // Without storage it simply starts closed.
  }
  details.querySelector("summary").addEventListener("click", () => {
    try {
      // The click is about to turn it over.
      localStorage.setItem(key, details.open ? "closed" : "open");
    } catch {
      // Nothing is remembered, then.
    }
  });
}
