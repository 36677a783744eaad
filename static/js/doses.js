// Adds dose rows to [data-doses] in the page; without JavaScript the same button asks the server for a page with one more.

const section = document.querySelector("[data-doses]");
if (section) {
  const button = section.querySelector("[data-add-dose]");
  const template = section.querySelector("[data-another-dose]");
  const total = section.querySelector('[name="doses-TOTAL_FORMS"]');
  const most = Number(section.dataset.most);

  function addRow() {
    if (Number(total.value) >= most) return null;
    const row = template.content.firstElementChild.cloneNode(true);
    for (const element of [row, ...row.querySelectorAll("*")]) {
      for (const { name, value } of [...element.attributes]) {
        if (value.includes("__prefix__")) element.setAttribute(name, value.replaceAll("__prefix__", total.value));
      }
    }
    template.before(row);
    total.value = Number(total.value) + 1;
    if (button) button.hidden = Number(total.value) >= most;
    return row;
  }

  button?.addEventListener("click", (event) => {
    event.preventDefault();
    addRow()?.querySelector("input")?.focus();
  });
  section.closest("form").addEventListener("dose-rows", ({ detail: rows }) => {
    while (Number(total.value) < rows && addRow());
  });
}
