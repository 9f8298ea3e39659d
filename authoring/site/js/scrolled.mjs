// What scrolls sideways by itself must be reached by keys, too: a formula that is wider than its place is a stop for Tab,
// and the arrow keys move it. For code and tables the theme does the same.

export function reachWideFormulas() {
  for (const node of document.querySelectorAll(".formula, .formula > math")) {
    if (node.scrollWidth > node.clientWidth && getComputedStyle(node).overflowX === "auto") node.tabIndex = 0;
    else node.removeAttribute("tabindex");
  }
}
