// Offers on Today to install the log as an app, [data-install], where the browser can: until the offer was on the screen
// once in this browser. Safari on iPhones and iPads has no such button: it gets words.

const KEY = "brainlog-install-hint";
const hint = document.querySelector("[data-install]");
let offer = null; // The browser's event, which can be used once.

// The offer is at the end of the page: one that was not scrolled to is made again the next time.
const view = new IntersectionObserver(([entry]) => {
  if (entry.isIntersecting) settle();
});

function settle() {
  storage.write(KEY, "seen");
  view.disconnect();
}

function dismiss() {
  settle();
  hint.hidden = true;
}

function show(kind) {
  for (const each of hint.querySelectorAll("[data-install-by]")) each.hidden = each.dataset.installBy !== kind;
  hint.hidden = false;
  view.observe(hint.querySelector("h2"));
}

if (hint && storage.read(KEY) !== "seen") {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offer = event;
    show("button");
  });
  addEventListener("appinstalled", dismiss);
  hint.querySelector("[data-install-now]").addEventListener("click", () => {
    hint.hidden = true;
    offer.prompt();
    document.getElementById("content").focus(); // The button that had the focus is gone.
  });
  hint.querySelector("[data-install-never]").addEventListener("click", () => {
    dismiss();
    document.getElementById("content").focus();
  });
  if (navigator.standalone === false) show("share"); // Only Safari on iPhones and iPads has this, false in a tab.
}
