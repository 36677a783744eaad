// Shows a question only with the answer that it depends on: [data-shown-when="question=answer"].
//
// While that question is unanswered, what has been typed stays visible. After another answer it stays in the page and in
// the draft, hidden: a notice at that question says what a save will remove, and the form sends the names in `remove`, so
// that the server need not ask. [data-removal-notice] is the text of a notice.

const dependents = [...document.querySelectorAll("[data-shown-when]")].map((element) => {
  const [question, wanted] = element.dataset.shownWhen.split("=");
  return { element, question, wanted, name: element.id.replace("field-", "") };
});
const places = new Map(); // of notices, by the name of the question
const names = document.createElement("input");

function answerTo(question) {
  return document.querySelector(`input[name="${question}"]:checked`)?.value ?? "";
}

function addPlaces(form) {
  Object.assign(names, { type: "hidden", name: "remove" });
  form.append(names);
  for (const { question } of dependents) {
    if (places.has(question)) continue;
    const place = document.createElement("div");
    place.setAttribute("role", "status");
    document.getElementById(`field-${question}`).append(place);
    places.set(question, place);
  }
}

function noticeAbout({ element }) {
  const notice = document.querySelector("[data-removal-notice]").content.firstElementChild.cloneNode(true);
  const label = element.querySelector("legend, label, h2").textContent.trim();
  notice.textContent = notice.textContent.replace("{label}", () => label);
  return notice;
}

// A screen reader reads what has changed, so that the same lines are left alone.
function showNotices(place, lines) {
  if (place.textContent !== lines.map((line) => line.textContent).join("")) place.replaceChildren(...lines);
}

function update() {
  const removed = [];
  for (const dependent of dependents) {
    const { element, question, wanted } = dependent;
    const answer = answerTo(question);
    const isOtherwise = answer !== "" && answer !== wanted;
    element.hidden = isOtherwise || (answer === "" && !hasContent(element));
    if (isOtherwise && hasContent(element)) removed.push(dependent);
  }
  names.value = removed.map(({ name }) => name).join(" ");
  for (const [question, place] of places) {
    showNotices(place, removed.filter((each) => each.question === question).map(noticeAbout));
  }
}

if (dependents.length) {
  addPlaces(dependents[0].element.closest("form"));
  document.addEventListener("change", update);
  update();
}
