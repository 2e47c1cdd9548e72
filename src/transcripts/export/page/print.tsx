/** Prints a transcript: a view of its own, notice first, that the print stylesheet shows instead of the app. */
import type { ReactNode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { flushSync } from 'react-dom';
import { loadMaths } from '../../../ui/markdown/maths.tsx';
// Not the lazy renderer of the screen: it would leave text as it was written on the paper.
import RichText from '../../../ui/markdown/rich-text.tsx';
import type { TranscriptDocument } from '../../format/document.ts';
import { shownMessages, TranscriptView } from '../../share/transcript-view.tsx';
import { nextTurn } from '../../../lib/worker/next-turn.ts';

const PRINTING = 'printing';

const drawWhole = (text: string): ReactNode => <RichText text={text} streaming={false} whole />;

let underWay: Promise<void> | null = null;

/**
 * Opens the system's print dialog. The view stays until the browser says that it has printed, or the person goes on: on phones
 * `print()` returns before the pages are made. Asked again while the pages are drawn, e.g. by a key held down, it is the same print.
 */
export function printTranscript(document_: TranscriptDocument): Promise<void> {
  underWay ??= print(document_).finally(() => {
    underWay = null;
  });
  return underWay;
}

async function print(document_: TranscriptDocument): Promise<void> {
  await loadMaths();
  const holder = document.createElement('div');
  holder.id = 'print';
  document.body.append(holder);
  const root = createRoot(holder);
  const remove = (): void => {
    root.unmount();
    holder.remove();
  };
  try {
    await draw(root, document_);
  } catch (thrown) {
    remove();
    throw thrown;
  }
  document.documentElement.classList.add(PRINTING);
  await document.fonts.ready;
  await new Promise((done) => requestAnimationFrame(done));
  const over = new AbortController();
  const end = (): void => {
    over.abort();
    document.documentElement.classList.remove(PRINTING);
    remove();
  };
  for (const event of ['afterprint', 'pointerdown', 'keydown'])
    window.addEventListener(event, end, { once: true, capture: true, signal: over.signal });
  window.print();
}

/** Message by message: drawing takes milliseconds each, between which the page lives on. */
async function draw(root: Root, document_: TranscriptDocument): Promise<void> {
  const total = shownMessages(document_.conversations);
  for (let messages = 1; messages <= Math.max(1, total); messages += 1) {
    flushSync(() =>
      root.render(
        <TranscriptView
          header={document_}
          notice={document_.notice}
          chats={document_.conversations}
          sha256={document_.sha256}
          paper={{ messages, draw: drawWhole }}
        />,
      ),
    );
    if (messages < total) await nextTurn();
  }
}
