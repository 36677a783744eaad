// Asks on [data-zone-question="Europe/Berlin"], the person's zone, whether their days should follow the clock of the device,
// where that is another one: once per trip. The answer "keep" is stored for the two zones until the device is back.

const WEEK = 7 * 24 * 60 * 60 * 1000;

function nameOf(zone) {
  return zone.split("/").pop().replaceAll("_", " ");
}

// Zones whose clocks are the same all year, such as two names of one zone, need no question.
function areClocksTheSame(...zones) {
  const [one, other] = zones.map(
    (timeZone) => new Intl.DateTimeFormat("en", { timeZone, dateStyle: "short", timeStyle: "short" }),
  );
  const weeks = Array.from({ length: 53 }, (_, number) => Date.now() + number * WEEK);
  return weeks.every((at) => one.format(at) === other.format(at));
}

function areDifferent(own, device) {
  try {
    return device !== "Etc/Unknown" && !areClocksTheSame(own, device);
  } catch {
    return false; // The browser does not know one of the zones.
  }
}

const question = document.querySelector("[data-zone-question]");
if (question && page.person) {
  const own = question.dataset.zoneQuestion;
  const device = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const key = `brainlog-zone/${page.person}/`;
  const trip = `${own} ${device}`;
  if (!areDifferent(own, device)) {
    storage.remove(key);
  } else if (storage.read(key) !== trip) {
    for (const each of question.querySelectorAll("[data-own-zone]")) each.textContent = nameOf(own);
    for (const each of question.querySelectorAll("[data-device-zone]")) each.textContent = nameOf(device);
    question.querySelector("[name=timezone]").value = device;
    question.querySelector("[data-keep-zone]").addEventListener("click", () => {
      storage.write(key, trip);
      question.hidden = true;
      document.getElementById("content").focus(); // The button that had the focus is gone.
    });
    question.hidden = false;
  }
}
