// Messages to this device. form[data-push=add] asks the browser for permission once its button is pressed, and sends
// what the browser gives; [data-push-words] says why that is not possible. form[data-push=remove] also ends the
// subscription in the browser, as a log-out does (log-out.js).

// navigator.serviceWorker.ready waits for ever without a worker, unsubscribe() for the push service.
const SECONDS_TO_WAIT = 10;

const fromBase64 = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const isSupported = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

function explain(reason) {
  for (const words of document.querySelectorAll("[data-push-words] [data-when]")) words.hidden = words.dataset.when !== reason;
}

const inTime = (work) => Promise.race([work, new Promise((_, reject) => setTimeout(reject, 1000 * SECONDS_TO_WAIT))]);

async function subscribe(key) {
  const { pushManager } = await inTime(navigator.serviceWorker.ready);
  await (await pushManager.getSubscription())?.unsubscribe(); // It may be of another key, or of another person.
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: fromBase64(key) });
}

async function unsubscribe() {
  const registration = isSupported && (await navigator.serviceWorker.getRegistration());
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
}

async function add(event) {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  explain("");
  button.disabled = true;
  try {
    const permission = await Notification.requestPermission();
    if (permission !== "granted") return explain(permission === "denied" ? "denied" : "dismissed");
    form.elements["push-subscription"].value = JSON.stringify(await subscribe(form.dataset.key));
    form.submit();
  } catch {
    explain("failed");
  } finally {
    button.disabled = false;
  }
}

async function remove(event) {
  event.preventDefault();
  await inTime(unsubscribe()).catch(() => {}); // The server sends nothing more in any case.
  event.target.submit();
}

for (const form of document.querySelectorAll("form[data-push]")) {
  if (form.dataset.push === "remove") form.addEventListener("submit", remove);
  else if (isSupported) {
    form.hidden = false;
    form.addEventListener("submit", add);
    explain(Notification.permission === "denied" ? "denied" : "");
  } else explain(navigator.standalone === false ? "install" : "unsupported");
}
