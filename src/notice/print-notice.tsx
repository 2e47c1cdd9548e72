import { ADVISORY_QUOTE, NOTICE_SHORT, QUOTE_AUTHOR, QUOTE_SOURCE } from './text.ts';

/**
 * The notice at the top of the paper when the browser's own menu prints a screen as it stands. Ctrl+P and the Export menu print
 * the transcript instead, which begins with it, too.
 */
export function PrintNotice() {
  return (
    <section className="print-only">
      <h2>Advisory notice</h2>
      <blockquote>{ADVISORY_QUOTE}</blockquote>
      <p>
        {QUOTE_AUTHOR}, {QUOTE_SOURCE.url}
      </p>
      <p>{NOTICE_SHORT}</p>
    </section>
  );
}
