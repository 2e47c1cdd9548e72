/** A text as it was written, in paragraphs of the same size as its rendered form. */
export function PlainText({ text }: { readonly text: string }) {
  return text
    .split(/\n{2,}/)
    .filter((paragraph) => paragraph.trim() !== '')
    .map((paragraph, index) => (
      <div key={index}>
        <p className="whitespace-pre-wrap!">{paragraph}</p>
      </div>
    ));
}
