import type katexModule from 'katex';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';

type RenderMaths = typeof katexModule.render;

/** Longer "formulas" are a mistake or an attack: typesetting cost grows faster than length. */
const MAX_TEX_CHARACTERS = 4000;

let renderMaths: RenderMaths | null = null;

/** Fetches the typesetter; formulas drawn afterwards are set at once. For what is drawn only once: files and paper. */
export async function loadMaths(): Promise<void> {
  const { default: katex } = await import('katex');
  renderMaths = katex.render;
}

/**
 * A formula as MathML, which the browser sets with its own fonts. KaTeX builds the nodes itself (`render`, not
 * `renderToString`), so no markup is ever parsed from a string and Trusted Types have nothing to object to.
 */
export function Maths({ tex, display }: { readonly tex: string; readonly display: boolean }) {
  const ref = useRef<HTMLSpanElement>(null);
  const [ready, setReady] = useState(renderMaths !== null);

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
    if (!span) return;
    if (!renderMaths || tex.length > MAX_TEX_CHARACTERS) {
      span.textContent = tex;
      return;
    }
    try {
      renderMaths(tex, span, {
        displayMode: display,
        output: 'mathml',
        throwOnError: true,
        strict: 'ignore',
        // No \href, \includegraphics or \html…: nothing in a formula leads anywhere.
        trust: false,
        maxSize: 20,
        maxExpand: 500,
      });
    } catch {
      // Not (yet) a formula: its source is what can be shown.
      span.textContent = tex;
    }
  }, [tex, display, ready]);

  if (!display) return <span ref={ref} className="prose-math" />;
  return (
    // A wide formula scrolls by keyboard only when it can be focused (axe: scrollable-region-focusable).
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- see above
    <span ref={ref} className="prose-math-display" role="group" aria-label="Formula" tabIndex={0} />
  );
}
