// Remembers, per kind of form, whether the person had opened or closed details[data-more], and keeps the number of answers
// in its summary true. (The server opens it if there are any.)

for (const details of document.querySelectorAll("details[data-more]")) {
  const key = `brainlog-more/${details.dataset.more}`;
  const summary = details.querySelector("summary");
  if (storage.read(key) === "open") details.open = true;
  // The click comes before the change.
  summary.addEventListener("click", () => storage.write(key, details.open ? "closed" : "open"));

  function countAnswers() {
    const answered = [...details.children].filter((each) => each !== summary && !each.hidden && hasContent(each)).length;
    const { unanswered, answered: text } = summary.dataset;
    summary.textContent = answered ? text.replace("{count}", answered) : unanswered;
  }
  document.addEventListener("change", countAnswers);
}
