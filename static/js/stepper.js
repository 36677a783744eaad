// The − and + buttons beside a number: [data-stepper], with data-least, data-most and data-step where there are any.
//
// Nothing is written before a button is pressed. From a blank input, + gives the first number above 0, and − the first
// below it where the least is negative. What is no number is left as it was typed. Counts in thousandths: exact.

const THOUSAND = 1000;

function inThousandths(text) {
  return text === undefined ? undefined : Math.round(Number(text) * THOUSAND);
}

// As the server reads it. Whether 1,000 is a thousand or one, the server asks.
function readNumber(text) {
  if (!/^[+-]?(\d{1,9}([.,]\d{0,3})?|[.,]\d{1,3})$/.test(text)) return undefined;
  return /^[1-9]\d{0,2}(,\d{3}|\.\d\d0)$/.test(text) ? undefined : inThousandths(text.replace(",", "."));
}

// With a comma if the person writes one, unless that could be read as a thousand.
function writeNumber(thousandths, hasComma) {
  const text = String(thousandths / THOUSAND);
  return hasComma && !/\.\d{3}$/.test(text) ? text.replace(".", ",") : text;
}

function nextNumber(text, direction, { least, most, step }) {
  const [lowest, highest, by] = [least, most, step].map(inThousandths);
  const stride = by ?? THOUSAND;
  const current = text === "" ? 0 : readNumber(text);
  if (current === undefined || (text === "" && direction < 0 && !(lowest < 0))) return undefined;
  // Without a step, any number is one to go on from. With one, numbers go up from the least.
  const start = by === undefined && text !== "" ? current : (lowest ?? 0);
  const stepsToCurrent = (current - start) / stride;
  const steps = direction > 0 ? Math.floor(stepsToCurrent) + 1 : Math.ceil(stepsToCurrent) - 1;
  let next = start + steps * stride;
  if (highest !== undefined && next > highest) next = start + Math.floor((highest - start) / stride) * stride;
  if (lowest !== undefined && next < lowest) next = lowest;
  return Math.abs(next) < 1e9 * THOUSAND ? next : undefined;
}

for (const stepper of document.querySelectorAll("[data-stepper]")) {
  const input = stepper.querySelector("input");
  const status = stepper.querySelector("[role=status]");
  let hasComma = false;
  for (const button of stepper.querySelectorAll("[data-step-by]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const typed = input.value.trim();
      const next = nextNumber(typed, Number(button.dataset.stepBy), stepper.dataset);
      if (next === undefined) return;
      hasComma ||= typed.includes(",");
      input.value = writeNumber(next, hasComma);
      status.textContent = `${input.value} ${stepper.querySelector(".unit")?.textContent ?? ""}`;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
}
