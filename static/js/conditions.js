// Shows a question only with the answer that it depends on: [data-shown-when="question=answer"].
//
// While that question is unanswered, what has been typed stays visible. After another answer it stays in the page and in
// the draft, hidden: a notice at that question says what a save will remove, and the form sends the names in `remove`, so
// that the server need not ask. [data-removal-notice] is the text of a notice.

const dependents = [...document.querySelectorAll("[data-shown-when]")].map((element) => {
  const [question, wanted] = element.dataset.shownWhen.split("=");
  return { element, question, wanted, name: element.id.replace("field-", "") };
});
const notices = new Map(); // by the name of the question
const names = document.createElement("input");

function answerTo(question) {
  return document.querySelector(`input[name="${question}"]:checked`)?.value ?? "";
}

function addNotices(form) {
  Object.assign(names, { type: "hidden", name: "remove" });
  form.append(names);
  for (const { question } of dependents) {
    if (notices.has(question)) continue;
    const notice = document.createElement("div");
    notice.className = "removal-notice";
    notice.setAttribute("role", "status");
    document.getElementById(`field-${question}`)?.append(notice);
    notices.set(question, notice);
  }
}

function textAbout(element) {
  const label = element.querySelector("legend, label, h2").textContent.trim();
  return document.querySelector("[data-removal-notice]").content.textContent.replace("{label}", () => label);
}

function showNotice(notice, removed) {
  const texts = removed.map(({ element }) => textAbout(element));
  if (texts.join() === [...notice.children].map((line) => line.textContent).join()) return;
  notice.replaceChildren(...texts.map((text) => Object.assign(document.createElement("p"), { textContent: text })));
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
  for (const [question, notice] of notices) showNotice(notice, removed.filter((each) => each.question === question));
}

if (dependents.length) {
  addNotices(dependents[0].element.closest("form"));
  document.addEventListener("change", update);
  update();
}
