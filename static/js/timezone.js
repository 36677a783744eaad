// Fills in the browser's own time zone at sign-up, [data-browser-timezone], unless the person has chosen another.

const input = document.querySelector("[data-browser-timezone]");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (input && zone && !document.querySelector(".errors") && input.value === input.defaultValue) {
  const isKnown = [...input.list.options].some((option) => option.value === zone);
  if (isKnown) input.value = zone;
}
