// Shared: what a question of a form holds, be it shown or hidden.

function hasContent(element) {
  return [...element.querySelectorAll("input, textarea, select")].some((input) =>
    input.type === "radio" || input.type === "checkbox" ? input.checked && input.value : input.type !== "hidden" && input.value,
  );
}
