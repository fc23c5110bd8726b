// Names that a screen reader says: what the button shows, and which list the arrow beside a page opens.
document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll("button.search-button-field")) {
    if (button.innerText.trim()) button.removeAttribute("aria-label");
  }
  for (const summary of document.querySelectorAll(".toctree-toggle")) {
    const page = summary.closest("li")?.querySelector("a");
    summary.closest("summary")?.setAttribute("aria-label", `Pages below ${page ? page.textContent.trim() : "this one"}`);
  }
});
