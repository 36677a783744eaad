// Hides the page after dialog[data-screen-lock] minutes without activity, until the person continues.
//
// It hides the page from glances and is no login. Whether it hides follows from one time alone: when the person was last
// active in any of their tabs. All tabs read and write it in this browser's storage, by person; it holds nothing else,
// and is removed at log-out (log-out.js). It is compared with the clock on the wall: timers stand still in a sleeping
// computer and in the background.

class ScreenLock {
  constructor(dialog) {
    this.dialog = dialog;
    this.limit = Number(dialog.dataset.screenLock) * 60_000;
    this.key = `brainlog-active/${dialog.dataset.person}/`;
    this.title = document.title;
    this.activeHere = 0;
  }

  start() {
    for (const name of ["pointerdown", "pointermove", "keydown", "input", "wheel", "scroll"]) {
      addEventListener(name, () => this.onActivity(), { capture: true, passive: true });
    }
    // To open a page is activity. That the browser opens it again by itself is none, after it was put away or at the
    // browser's start; nor is to reload it, which would unlock it.
    const [visit] = performance.getEntriesByType("navigation");
    if (visit?.type === "navigate" || !this.lastActive()) this.setActive();

    const update = () => this.update();
    this.dialog.querySelector("[data-continue]").addEventListener("click", () => {
      this.setActive();
      update();
    });
    this.dialog.addEventListener("close", update); // By Escape, in browsers without closedby="none".
    document.addEventListener("visibilitychange", update);
    addEventListener("pageshow", update);
    // No event comes from other tabs, nor when a device wakes up with the page on its screen.
    setInterval(update, 1000);
    update();
  }

  lastActive() {
    return Math.max(this.activeHere, storage.read(this.key)); // Without storage each tab counts for itself.
  }

  setActive() {
    this.activeHere = Date.now();
    storage.write(this.key, this.activeHere);
  }

  update() {
    // If the clock was set back, the time since then is unknown.
    const isAway = Math.abs(Date.now() - this.lastActive()) >= this.limit;
    if (isAway === this.dialog.open) return;
    document.documentElement.toggleAttribute("data-locked", isAway);
    document.title = isAway ? this.dialog.dataset.title : this.title;
    if (isAway) this.dialog.showModal();
    else this.dialog.close();
  }

  onActivity() {
    if (Math.abs(Date.now() - this.activeHere) < 1000 && !this.dialog.open) return;
    this.update(); // First: the touch that wakes the device up must not show the page.
    if (!this.dialog.open) this.setActive();
  }
}

const dialog = document.querySelector("dialog[data-screen-lock]");
if (dialog) new ScreenLock(dialog).start();
