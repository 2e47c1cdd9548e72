/** The Export menu prints a view of its own: the screen can rest. */
export function isTranscriptPrinting(): boolean {
  return document.documentElement.classList.contains('printing');
}
