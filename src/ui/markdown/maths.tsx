import type katexModule from 'katex';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { holdsFigures } from './syntax/tex.ts';

type RenderMaths = typeof katexModule.render;

let renderMaths: RenderMaths | null = null;

/** Fetches the typesetter; formulas drawn afterwards are set at once. For what is drawn only once: files and paper. */
export async function loadMaths(): Promise<void> {
  const { default: katex } = await import('katex');
  renderMaths = katex.render;
}

export interface MathsProps {
  readonly tex: string;
  /** With its delimiters, as it was written. */
  readonly source: string;
  readonly display: boolean;
}

/**
 * A formula as MathML, which the browser sets with its own fonts. KaTeX builds the nodes itself (`render`, not
 * `renderToString`), so no markup is ever parsed from a string and Trusted Types have nothing to object to. What is read aloud
 * and copied is the source: the text of a set `10^9` is "109".
 */
export function Maths({ tex, source, display }: MathsProps) {
  const ref = useRef<HTMLSpanElement>(null);
  const [ready, setReady] = useState(renderMaths !== null);
  const [refused, setRefused] = useState<string | null>(null);

  useEffect(() => {
    if (ready) return;
    let gone = false;
    void loadMaths().then(() => {
      if (!gone) setReady(true);
    });
    return () => {
      gone = true;
    };
  }, [ready]);

  useLayoutEffect(() => {
    const span = ref.current;
    if (!span || !renderMaths) return;
    if (!typeset(renderMaths, tex, span, display)) setRefused(tex);
  }, [tex, display, ready]);

  if (!ready || refused === tex) return <span className="prose-tex">{source}</span>;
  const set = (
    <>
      <span className="prose-math-source">{source}</span>
      <span ref={ref} aria-hidden className="prose-math-set" />
    </>
  );
  if (!display)
    return (
      <bdi dir="ltr" className="prose-math">
        {set}
      </bdi>
    );
  return (
    // A wide formula scrolls by keyboard only when it can be focused (axe: scrollable-region-focusable).
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- see above
    <span className="prose-math-display" role="group" aria-label="Formula" dir="ltr" tabIndex={0}>
      {set}
    </span>
  );
}

/** @returns whether the formula could be set, with every figure of its source. */
function typeset(render: RenderMaths, tex: string, span: HTMLElement, display: boolean): boolean {
  try {
    render(tex, span, {
      displayMode: display,
      output: 'mathml',
      throwOnError: true,
      strict: 'ignore',
      // No \href, \includegraphics or \html…: nothing in a formula leads anywhere.
      trust: false,
      maxSize: 20,
      maxExpand: 200,
    });
  } catch {
    // No formula after all.
    return false;
  }
  // Its TeX, for programs; here it is beside it already.
  for (const annotation of span.querySelectorAll('annotation')) annotation.remove();
  return holdsFigures(tex, span.textContent);
}
