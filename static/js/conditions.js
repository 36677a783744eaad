// Shows a question only with the answer it hangs on: data-shown-when="question=answer".
// While that question is open, what has been typed already stays in sight.

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

document.addEventListener("change", update);
update();
