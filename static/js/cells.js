// The days of a year as cells, [data-cells]: Tab enters at one of them, and arrow keys go from day to day. With a finger,
// the first tap shows what a cell says and the second opens its day. Escape hides what is shown.

for (const box of document.querySelectorAll("[data-cells]")) {
  const months = [...box.querySelectorAll("tbody tr")].map((row) => [...row.cells].map((cell) => cell.querySelector("a")));
  const links = months.flat().filter(Boolean);

  function enterAt(link) {
    for (const each of links) each.tabIndex = each === link ? 0 : -1;
  }
  if (links.length) enterAt(box.querySelector("[aria-current]") ?? links.at(-1));

  // Months are rows where two days of one stand beside one another.
  function neighbour(link, key) {
    const month = months.findIndex((row) => row.includes(link));
    const [first, second] = months[month].filter(Boolean);
    const isWide = !second || first.offsetParent.offsetTop === second.offsetParent.offsetTop;
    const [across, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key] ?? [0, 0];
    const [days, steps] = isWide ? [across, down] : [down, across];
    return months[month + steps]?.[months[month].indexOf(link) + days];
  }

  box.addEventListener("keydown", (event) => {
    box.dataset.tips = event.key === "Escape" ? "off" : "on";
    const next = event.target.matches(".cell") && neighbour(event.target, event.key);
    if (!next || next === event.target) return;
    event.preventDefault();
    next.focus();
  });
  box.addEventListener("focusin", ({ target }) => target.matches(".cell") && enterAt(target));
  box.addEventListener("pointermove", () => (box.dataset.tips = "on"));

  box.addEventListener("click", (event) => {
    const link = event.target.closest(".cell");
    const shown = box.querySelector(".shown");
    shown?.classList.remove("shown");
    if (!link || event.pointerType !== "touch" || link === shown) return;
    event.preventDefault();
    link.classList.add("shown");
  });
}
