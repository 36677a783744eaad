// Shows a question only with the answer that it depends on: [data-shown-when="question=answer"].
// While that question is unanswered, what has been typed stays visible.

const dependents = [...document.querySelectorAll("[data-shown-when]")];

function answerTo(question) {
  return document.querySelector(`input[name="${question}"]:checked`)?.value ?? "";
}

function hasContent(element) {
  return [...element.querySelectorAll("input, textarea, select")].some((input) =>
    input.type === "radio" || input.type === "checkbox" ? input.checked && input.value : input.type !== "hidden" && input.value,
  );
}

function update() {
  for (const element of dependents) {
    const [question, wanted] = element.dataset.shownWhen.split("=");
    const answer = answerTo(question);
    element.hidden = answer !== wanted && !(answer === "" && hasContent(element));
  }
}

if (dependents.length) {
  document.addEventListener("change", update);
  update();
}
