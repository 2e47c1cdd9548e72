/** Where work goes on after an act that took away what had the focus: in the message box. */

let box: HTMLElement | null = null;

/** Called by the composer while it is on screen. @returns a function that ends it. */
export function offerComposer(element: HTMLElement): () => void {
  box = element;
  return () => {
    if (box === element) box = null;
  };
}

/** Focuses the message box once the screen shows what changed. On a touch screen a keyboard would cover that, so the page's content gets it. */
export function focusComposer(): void {
  requestAnimationFrame(() => {
    if (matchMedia('(pointer: coarse)').matches) document.getElementById('main')?.focus();
    else box?.focus();
  });
}

/** The same where nothing has the focus, so that none is taken from what a person is in. */
export function focusComposerIfLost(): void {
  if (document.activeElement === null || document.activeElement === document.body) focusComposer();
}
