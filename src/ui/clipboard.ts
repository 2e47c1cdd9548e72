/** The one way text gets onto the clipboard. */

/** For a toast where a copy was refused. */
export const COPY_REFUSED =
  'The browser refused access to the clipboard. Select the text and copy it by hand.';

/** Call it from a click: browsers let nothing else near the clipboard. @returns whether the text is there now. */
export async function copyText(text: string): Promise<boolean> {
  // Absent on pages of plain http: https://developer.mozilla.org/docs/Web/API/Clipboard_API#security_considerations
  if ('clipboard' in navigator) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Refused by a permission or a frame's policy, which the older way below does not ask.
    }
  }
  return copySelected(text);
}

/** By selecting the text somewhere unseen, the way before there was a clipboard API, and the only one on plain http. */
function copySelected(text: string): boolean {
  const before = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  field.readOnly = true; // no keyboard slides in on a phone
  field.ariaHidden = 'true';
  field.style.cssText = 'position:fixed;top:0;left:0;opacity:0';
  // What is outside an open modal dialog can't be selected.
  (before?.closest('dialog[open]') ?? document.body).append(field);
  try {
    field.focus({ preventScroll: true });
    field.select();
    // oxlint-disable-next-line typescript/no-deprecated -- see above; nothing replaces it there
    return document.execCommand('copy');
  } finally {
    field.remove();
    if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  }
}
