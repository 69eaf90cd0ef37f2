// What is wider than its column scrolls, and whoever scrolls by keyboard must be able to reach it.
function reach() {
  for (const part of document.querySelectorAll("article pre, article figure, article div.math, article .table-wrapper")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
    else part.removeAttribute("tabindex");
  }
}
addEventListener("load", () => (window.MathJax?.startup?.promise ?? Promise.resolve()).then(reach));
addEventListener("resize", reach);
