// Fills in the browser's own time zone at sign-up, [data-browser-timezone], unless the person has chosen another.

const input = document.querySelector("[data-browser-timezone]");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const isKnown = zone && zone !== "Etc/Unknown";
if (input && isKnown && !document.querySelector(".errors") && input.value === input.defaultValue) input.value = zone;
