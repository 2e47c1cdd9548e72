/**
 * The last line of defence against text that llama.cpp would read as control. Its server tokenizes a prompt with
 * `parse_special = true`: a typed `</s>` becomes the end-of-sequence token, `<s>` a second BOS. The prompts room breaks a
 * format's markers in what people type (`src/prompts/neutralise.ts`); this keeps the rule for whatever prompt arrives, by
 * the vocabulary of the model itself: a prompt is text and nothing but text, as in the MLC engine. Same method: a space
 * after the first character ("</s>" → "< /s>").
 */
export function breakControlTexts(text: string, controlTexts: readonly string[]): string {
  // Half a surrogate pair cannot be written as UTF-8 (llama.cpp's JSON reader refuses the whole request); NUL ends a C string.
  let safe = text.replace(/\0|\p{Surrogate}/gu, '\ufffd');
  // A break can leave a marker behind where two touch; every round breaks at least one, so this ends.
  for (let changed = true; changed;) {
    const before = safe;
    for (const control of controlTexts) {
      // A one-character control text cannot be broken by a space inside.
      if (control.length > 1 && safe.includes(control)) {
        safe = safe.replaceAll(control, () => `${control.slice(0, 1)} ${control.slice(1)}`);
      }
    }
    changed = safe !== before;
  }
  return safe;
}
