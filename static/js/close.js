// Closes a message at once: a[data-close] leads to the same page without it.

for (const link of document.querySelectorAll("[data-close]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const messages = link.closest("[role='status']");
    link.closest("li").remove();
    messages.focus();
  });
}
