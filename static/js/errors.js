// Leads to what a page wants looked at first, [role=alert][autofocus]: the errors of a form, or a question about it. Without
// one, to its messages: screen readers are silent about a status that the page came with, and read what has the focus. The
// Tab key then goes on to what a message offers.
// Links in the list of errors lead into the field. None of this puts a fragment into the address: a form is sent to its
// page's address, and each page that came back would be pulled down to the same field.

const alertBox = document.querySelector("main [role=alert][autofocus]");
const messages = document.querySelector("main > [role=status]:has(.messages)");

function lookAtAlert() {
  alertBox.focus();
  alertBox.scrollIntoView();
}

// Of a group, the button that is chosen, or the first that is an answer.
function inputOf(field) {
  const inputs = [...field.querySelectorAll("input:not([type=hidden]), textarea, select")];
  const isButton = (input) => input.type === "radio" || input.type === "checkbox";
  return inputs.find((input) => isButton(input) && input.checked && input.value) ?? inputs.find((input) => !isButton(input) || input.value);
}

function leadToField(event) {
  const link = event.target.closest('a[href^="#field-"]');
  const field = link && document.getElementById(link.hash.slice(1));
  if (!field || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  for (let folded = field.closest("details"); folded; folded = folded.parentElement.closest("details")) folded.open = true;
  inputOf(field)?.focus({ preventScroll: true });
  field.scrollIntoView();
}

const hadFragment = location.hash.startsWith("#field-");
if (hadFragment) history.replaceState(history.state, "", location.pathname + location.search);
if (alertBox) {
  lookAtAlert();
  if (hadFragment) addEventListener("load", lookAtAlert, { once: true }); // The browser goes to a fragment until then.
} else if (!document.querySelector("main [autofocus]")) messages?.focus({ preventScroll: true });
for (const list of document.querySelectorAll(".errors")) list.addEventListener("click", leadToField);
