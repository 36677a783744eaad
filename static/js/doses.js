// The rows of doses in [data-doses]: adds one, or one of a medication that is tapped, and fills in what is usual of it.
// Without JavaScript, the same buttons ask the server for the page with that row. Nothing is stored before the form is
// saved, and nothing is filled in over what was typed.

const section = document.querySelector("[data-doses]");
if (section) {
  const adding = section.querySelector("[data-add-dose]");
  const takes = section.querySelector("[data-takes]");
  const status = section.querySelector("[data-taken-text]");
  const template = section.querySelector("[data-another-dose]");
  const total = section.querySelector('[name="doses-TOTAL_FORMS"]');
  const options = [...section.querySelectorAll("datalist option")];
  const most = Number(section.dataset.most);

  const rows = () => [...section.querySelectorAll(".dose")];
  const input = (row, name) => row.querySelector(`[name$="-${name}"]`);
  const invisible = /[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff]/g;
  const keyOf = (name) => name.replace(invisible, "").normalize("NFKC").trim().replace(/\s+/g, " ").toLowerCase();
  const typedInto = (row) => ["entry", "medication", "amount", "unit", "taken_at"].filter((name) => input(row, name).value);
  const optionOf = (name) => options.find((option) => keyOf(option.value) === keyOf(name));

  // By the server's clock, which refuses times to come: that of the phone may be wrong.
  const ahead = Date.parse(section.dataset.clock) - Date.now();

  function now() {
    const wanted = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: section.dataset.zone };
    return new Intl.DateTimeFormat("en-GB", wanted).format(new Date(Date.now() + ahead));
  }

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
    update();
    return row;
  }

  // Inputs with what is usual. A name is read when it is left, so often by a tap on the amount, which was blank until then:
  // what is typed next replaces what is usual instead of being added to it.
  const filledIn = new WeakSet();

  function fillIn(row, values) {
    for (const [name, value] of Object.entries(values)) {
      if (!value || input(row, name).value) continue;
      input(row, name).value = value;
      filledIn.add(input(row, name));
    }
    row.dispatchEvent(new Event("input", { bubbles: true }));
    update();
  }

  // What a dose has that the medication's list entry knows.
  function usual(option) {
    return option ? { amount: option.dataset.amount, unit: option.dataset.unit } : {};
  }

  function rowsOf(name) {
    return rows().filter((row) => !input(row, "DELETE").checked && keyOf(input(row, "medication").value) === keyOf(name));
  }

  // A name that was chosen has filled in the rest; all that the tap adds is the time.
  function isFilledByName(row) {
    return "filledByName" in row.dataset && !input(row, "taken_at").value;
  }

  function take(button) {
    const { name, times = "" } = button.dataset;
    const isBegun = (row) => isFilledByName(row) || typedInto(row).every((each) => each === "medication");
    const row = rowsOf(name).find(isBegun) ?? rows().find((each) => !typedInto(each).length) ?? addRow();
    if (!row) return;
    const taken = rowsOf(name).filter((each) => each !== row).length;
    const time = section.dataset.zone ? now() : times.split(" ")[taken];
    input(row, "DELETE").checked = false;
    delete row.dataset.filledByName;
    fillIn(row, { medication: name, ...usual(optionOf(name)), taken_at: time });
    status.textContent = `${name}: ${status.dataset.takenText}`;
  }

  function update() {
    const isFull = Number(total.value) >= most && rows().every((row) => typedInto(row).length);
    if (adding) adding.hidden = Number(total.value) >= most;
    if (takes) takes.hidden = isFull;
    for (const row of rows()) row.querySelector(".remove").hidden = !typedInto(row).length && !input(row, "DELETE").checked;
    for (const button of section.querySelectorAll("[name=take]")) {
      const isTaken = rowsOf(button.dataset.name).some((row) => input(row, "amount").value && !isFilledByName(row));
      button.firstElementChild.textContent = isTaken ? section.dataset.another : section.dataset.first;
    }
  }

  section.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    // Without a usual amount, the server fills in that of the last dose.
    if (button.name === "take" && !optionOf(button.dataset.name)?.dataset.amount) return;
    event.preventDefault();
    if (button === adding) addRow()?.querySelector("input")?.focus();
    else if (button.name === "take") take(button);
    else if (button.name === "now") {
      const row = button.closest(".dose");
      input(row, "taken_at").value = "";
      fillIn(row, { taken_at: now() });
    }
  });
  section.addEventListener("change", ({ target }) => {
    const option = target.name?.endsWith("-medication") && optionOf(target.value);
    if (option) {
      const row = target.closest(".dose");
      if (!input(row, "amount").value) row.dataset.filledByName = "";
      fillIn(row, usual(option));
    }
    update();
  });
  section.addEventListener("focusin", ({ target }) => {
    if (target.name.endsWith("-amount") && filledIn.has(target)) setTimeout(() => target.select()); // After the caret is set.
  });
  section.addEventListener("input", ({ target, isTrusted }) => {
    if (isTrusted) filledIn.delete(target);
    update();
  });
  section.closest("form").addEventListener("dose-rows", ({ detail: rows }) => {
    while (Number(total.value) < rows && addRow());
  });
  section.closest("form").addEventListener("change", update);
  update();
}
