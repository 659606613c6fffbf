// What had the focus has it again after a part of the page was built anew.

/** Rebuilds a part of the page; what had the focus has it again, and its caret. */
export function keepFocus(container, build) {
  const had = container.contains(document.activeElement) ? document.activeElement : null;
  const place = had ? alike(container, had).indexOf(had) : -1;
  const start = had?.selectionStart;
  build();
  if (!had) return;
  const same = alike(container, had)[place];
  same?.focus({ preventScroll: true });
  if (Number.isInteger(start)) same?.setSelectionRange?.(start, start);
}

/** What can have the focus and is called as an element is. */
function alike(container, element) {
  const called = ({ tagName, id, name, type, textContent, ariaLabel }) =>
    [tagName, id, name, type, ariaLabel, tagName === "BUTTON" && textContent].join();
  return [...container.querySelectorAll("input, select, button, textarea, summary")].filter((one) => called(one) === called(element));
}
