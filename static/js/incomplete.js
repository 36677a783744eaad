// Sends a time or a date that is typed in part as a word: a browser sends it as empty, and it would be dropped without a
// message. The server answers that it cannot be read, and saves the rest.

document.addEventListener("formdata", ({ target: form, formData }) => {
  for (const input of form.elements) {
    if (input.name && input.validity?.badInput) formData.set(input.name, "incomplete");
  }
});
