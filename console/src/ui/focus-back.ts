// Gives the focus back to where it was once what took it is gone: a dialog, a sheet, a panel. Left alone it falls to the top of the
// page, and whoever works by keyboard begins anew. Where it was last stands in a short memory, as what opened a dialog may itself be gone
// (an item of a menu, a dialog before this one).
import { useEffect } from "react";

/** What lies over the page or beside it and goes away again. */
export const LAYERS = "[role=dialog], [role=menu], [role=listbox], .panel";
/** Gone by themselves a moment after something of theirs was chosen: never a place to go back to. */
const PASSING = "[role=menu], [role=listbox]";
const REMEMBERED = 16;

interface Place {
  readonly element: HTMLElement;
  readonly isInLayer: boolean;
}

const places: Place[] = [];

/** Called once, when the console starts. */
export function rememberFocus(): void {
  document.addEventListener("focusin", ({ target }) => {
    if (!(target instanceof HTMLElement) || target.closest(PASSING) !== null) return;
    places.push({ element: target, isInLayer: target.closest(LAYERS) !== null });
    if (places.length > REMEMBERED) places.shift();
  });
}

/** For what takes the focus as long as it is mounted. */
export function useFocusBack(): void {
  // A moment later: another dialog may follow upon this one, and takes it then.
  useEffect(() => () => void setTimeout(giveFocusBack), []);
}

function giveFocusBack(): void {
  if (!isFocusLost()) return;
  for (const { element, isInLayer } of places.toReversed()) {
    element.focus({ preventScroll: true });
    // What stood on the page itself and can't be focused any more was changed by the dialog: nothing before it is meant.
    if (document.activeElement === element || !isInLayer) break;
  }
  focusPageIfLost();
}

/** The page's content takes it where there is nothing to give it back to, as on another page. */
export function focusPageIfLost(): void {
  if (isFocusLost()) document.getElementById("main")?.focus({ preventScroll: true });
}

function isFocusLost(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}
