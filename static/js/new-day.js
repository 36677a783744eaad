// Loads a page about days again once the person's day is over: [data-day-ends-in], in seconds after it was made.
// With input that is not saved, and without a network, the page stays and shows that element, which says so.
//
// A page out of sight waits until it is seen. The clock is looked at again and again: timers stand still in a sleeping
// device, and no event comes when it wakes up with the page on its screen.

const notice = document.querySelector("[data-day-ends-in]");

function check() {
  const isWaiting = page.isLeaving || page.isSending || document.visibilityState === "hidden";
  if (isWaiting || Date.now() < page.dayEndsAt) return;
  if (navigator.onLine && !page.hasInput()) {
    page.isLeaving = true;
    location.reload(); // Not by its address: to the screen lock, only that is an activity of the person.
  } else {
    notice.hidden = false;
  }
}

if (notice) {
  for (const name of ["pageshow", "focus", "online"]) addEventListener(name, check);
  document.addEventListener("visibilitychange", check);
  setInterval(check, 15_000);
}
