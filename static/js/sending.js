// Shows that a form is on its way, and keeps it from being sent twice. Its button says [data-sending] of the form, or
// else of the page; a form with an empty one is left alone, such as one that is answered by a file. The button is not
// disabled, which would take the focus and the button's own value away. If no answer comes, it can be used again.
//
// Where the browser says that it has no network, and the server does not answer, a form is not sent: its page would be
// lost. The event "offline-submit" lets drafts.js keep a save for later; without that, the page says so.

const PATIENCE = 10_000;
const status = document.createElement("p");
const reachable = new WeakSet(); // Forms that the server was asked for, and that are sent now.
let sent = null; // {form, button, content, timer}

function release() {
  if (!sent) return;
  clearTimeout(sent.timer);
  sent.form.removeAttribute("aria-busy");
  sent.button?.removeAttribute("aria-disabled");
  sent.button?.replaceChildren(...sent.content);
  sent = null;
  page.isSending = false;
  status.textContent = "";
}

function say(form, text) {
  form.append(status);
  status.className = "note-card";
  status.textContent = text;
}

function onNoAnswer() {
  const { form } = sent;
  release();
  say(form, document.body.dataset.slow);
}

// A server on the same machine answers without any network.
async function isServerReachable() {
  try {
    await fetch("/healthz", { cache: "no-store" });
    return true;
  } catch {
    return false;
  }
}

async function sendIfReachable(form, submitter) {
  if (await isServerReachable()) {
    reachable.add(form);
    return form.requestSubmit(submitter);
  }
  const event = new CustomEvent("offline-submit", { detail: { submitter }, cancelable: true });
  if (form.dispatchEvent(event)) say(form, document.body.dataset.offlineText);
}

function holdWithoutNetwork(event) {
  const { target: form, submitter } = event;
  if (navigator.onLine || form.method !== "post" || reachable.delete(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  sendIfReachable(form, submitter);
}

function refuseSecond(event) {
  if (sent?.form !== event.target) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

// The button that was pressed; for the Enter key, which presses a hidden one, the first that can be seen.
function buttonOf(form, submitter) {
  return submitter?.checkVisibility?.() && !submitter.matches(".visually-hidden")
    ? submitter
    : form.querySelector(".actions button:not([type=button])");
}

function begin({ target: form, submitter, defaultPrevented }) {
  const button = buttonOf(form, submitter);
  const text = (button?.closest(".actions") ? form : document.body).dataset.sending ?? document.body.dataset.sending;
  if (defaultPrevented || form.method !== "post" || !text) return;
  sent = { form, button, content: [...(button?.childNodes ?? [])], timer: setTimeout(onNoAnswer, PATIENCE) };
  page.isSending = true;
  form.setAttribute("aria-busy", "true");
  button?.setAttribute("aria-disabled", "true");
  button?.replaceChildren(text);
  status.className = "visually-hidden";
  status.textContent = text;
}

status.setAttribute("role", "status");
document.querySelector("main")?.append(status);
document.addEventListener("submit", refuseSecond, { capture: true });
document.addEventListener("submit", holdWithoutNetwork, { capture: true });
document.addEventListener("submit", begin);
addEventListener("pageshow", release); // Out of the browser's memory.
