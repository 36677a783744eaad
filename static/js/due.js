// Shows on Today which check-ins it is time for, and how many in the title: [data-due] with [data-opens-in] and
// [data-closes-in], in seconds after the page was made.

const due = document.querySelector("[data-due]");

function showDue(loadedAt, title) {
  const seconds = (Date.now() - loadedAt) / 1000;
  const items = [...due.querySelectorAll("li")];
  for (const item of items) {
    item.hidden = Number(item.dataset.opensIn) > seconds || Number(item.dataset.closesIn) <= seconds;
  }
  const count = items.filter((item) => !item.hidden).length;
  due.hidden = !count;
  document.title = count ? `(${count}) ${title}` : title;
}

if (due) {
  const show = showDue.bind(null, Date.now(), document.title.replace(/^\(\d+\) /, ""));
  for (const name of ["pageshow", "focus"]) addEventListener(name, show);
  document.addEventListener("visibilitychange", show);
  setInterval(show, 15_000);
}
