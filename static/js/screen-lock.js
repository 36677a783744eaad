// Hides the page after dialog[data-screen-lock] minutes without a touch, until somebody continues.
//
// A curtain against glances, not a login. Whether it is down follows from one moment alone: when the
// person last did something in any of their tabs. All tabs read and write it in this browser's
// storage, by person; it is a time and nothing else, and goes at log-out (drafts.js). It is compared
// with the clock on the wall: timers stand still in a sleeping computer and in the background.

const dialog = document.querySelector("dialog[data-screen-lock]");
const limit = Number(dialog.dataset.screenLock) * 60_000;
const key = `brainlog-active/${dialog.dataset.person}/`;
const title = document.title;
let activeHere = 0;

function lastActive() {
  try {
    return Math.max(activeHere, localStorage.getItem(key));
  } catch {
    return activeHere; // Without storage each tab counts for itself.
  }
}

function setActive() {
  activeHere = Date.now();
  try {
    localStorage.setItem(key, activeHere);
  } catch {
    // Storage is full or forbidden.
  }
}

function update() {
  // If the clock was set back, nobody knows how long it has been.
  const isAway = Math.abs(Date.now() - lastActive()) >= limit;
  if (isAway === dialog.open) return;
  document.documentElement.toggleAttribute("data-locked", isAway);
  document.title = isAway ? dialog.dataset.title : title;
  if (isAway) dialog.showModal();
  else dialog.close();
}

function onActivity() {
  if (Math.abs(Date.now() - activeHere) < 1000 && !dialog.open) return;
  update(); // First: the touch that wakes the device up is no reason to show the page.
  if (!dialog.open) setActive();
}

for (const name of ["pointerdown", "pointermove", "keydown", "input", "wheel", "scroll"]) {
  addEventListener(name, onActivity, { capture: true, passive: true });
}
// Whoever comes to a page is there. A page that the browser opens again by itself, after it was put away
// or at the browser's start, says nothing of that; nor does reloading, or the curtain would go up with it.
const [visit] = performance.getEntriesByType("navigation");
if (visit?.type === "navigate" || !lastActive()) setActive();

dialog.querySelector("[data-continue]").addEventListener("click", () => {
  setActive();
  update();
});
dialog.addEventListener("close", update); // By Escape, where the browser does not know closedby="none".
document.addEventListener("visibilitychange", update);
addEventListener("pageshow", update);
// Other tabs, and a device that wakes up with the page on its screen, tell nothing.
setInterval(update, 1000);
update();
