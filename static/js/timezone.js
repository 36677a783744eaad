// Offers the browser's own time zone at sign-up, as long as nobody has chosen another.

const input = document.querySelector("[data-browser-timezone]");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (input && zone && !document.querySelector(".errors") && input.value === input.defaultValue) {
  const known = [...input.list.options].some((option) => option.value === zone);
  if (known) input.value = zone;
}
