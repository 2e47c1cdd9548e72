/** Prints a transcript: a view of its own, notice first, that the print stylesheet shows instead of the app. */
import { createRoot } from 'react-dom/client';
import { flushSync } from 'react-dom';
// Before the view is drawn: a lazy renderer would leave plain text on the paper.
import '../ui/markdown/rich-text.tsx';
import type { TranscriptDocument } from './document.ts';
import { TranscriptView } from './transcript-view.tsx';

const PRINTING = 'printing';

/** Opens the system's print dialog. Resolves when it has closed. */
export async function printTranscript(document_: TranscriptDocument): Promise<void> {
  const holder = document.createElement('div');
  holder.id = 'print';
  document.body.append(holder);
  const root = createRoot(holder);
  flushSync(() =>
    root.render(
      <TranscriptView header={document_} notice={document_.notice} chats={document_.conversations} />,
    ),
  );
  document.documentElement.classList.add(PRINTING);
  await drawn(holder);
  try {
    window.print();
  } finally {
    document.documentElement.classList.remove(PRINTING);
    root.unmount();
    holder.remove();
  }
}

/** Suspended parts (the lazy Markdown renderer) have resolved when no text stands as written any more, or after two frames. */
async function drawn(holder: HTMLElement): Promise<void> {
  await document.fonts.ready;
  for (let frame = 0; frame < 3; frame += 1) {
    await new Promise((done) => requestAnimationFrame(done));
    if (holder.querySelector('.prose')) return;
  }
}
