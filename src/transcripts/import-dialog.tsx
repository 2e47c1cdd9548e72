import { useEffect, useState } from 'react';
import { importConversations, type ImportOutcome } from '../conversations/bulk.ts';
import { conversationStore } from '../conversations/store.ts';
import { toAppError, type AppError } from '../lib/errors.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ErrorAlert } from '../ui/error-alert.tsx';
import { readInWorker } from './read-in-worker.ts';
import type { FileKind, ReadFile } from './read-result.ts';

const KINDS: Record<FileKind, string> = {
  'meditron-web': 'a transcript of this app',
  chatgpt: 'a ChatGPT export',
  'better-chatgpt': 'a BetterChatGPT export',
  sharegpt: 'a ShareGPT file',
  'openai-messages': 'OpenAI messages',
};

type Result =
  | { readonly file: File; readonly status: 'reading' }
  | { readonly file: File; readonly status: 'failed'; readonly error: AppError }
  | {
      readonly file: File;
      readonly status: 'done';
      readonly read: ReadFile;
      readonly outcome: ImportOutcome;
    };

export interface ImportDialogProps {
  readonly files: readonly File[];
  readonly onClose: () => void;
}

/** Takes the files in, one after another, and reports what came in, what was skipped and why, and whether each is unchanged. */
export default function ImportDialog({ files, onClose }: ImportDialogProps) {
  const [results, setResults] = useState<readonly Result[]>(() =>
    files.map((file) => ({ file, status: 'reading' })),
  );

  useEffect(() => {
    const abort = new AbortController();
    void (async () => {
      for (const [index, file] of files.entries()) {
        const result = await takeIn(file, abort.signal);
        if (abort.signal.aborted) return;
        setResults((before) => before.map((each, at) => (at === index ? result : each)));
      }
    })();
    return () => {
      abort.abort();
    };
  }, [files]);

  return (
    <Dialog open title="Import" onClose={onClose}>
      <div className="grid gap-5 text-sm" aria-live="polite">
        {results.map((result, index) => (
          <section key={index} className="grid gap-2">
            <h3 className="font-semibold [overflow-wrap:anywhere]">{result.file.name}</h3>
            {result.status === 'reading' && <p>Reading…</p>}
            {result.status === 'failed' && <ErrorAlert error={result.error} />}
            {result.status === 'done' && <Report read={result.read} outcome={result.outcome} />}
          </section>
        ))}
        {results.some(({ status }) => status === 'reading') ? (
          <Button onClick={onClose}>Cancel</Button>
        ) : (
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        )}
      </div>
    </Dialog>
  );
}

async function takeIn(file: File, signal: AbortSignal): Promise<Result> {
  try {
    const read = await readInWorker(file, signal);
    const outcome = await importConversations(await conversationStore(), read.chats, read.folders);
    return { file, status: 'done', read, outcome };
  } catch (thrown) {
    return { file, status: 'failed', error: toAppError(thrown) };
  }
}

function Report({ read, outcome }: { readonly read: ReadFile; readonly outcome: ImportOutcome }) {
  const { added, merged, unchanged } = outcome;
  return (
    <>
      <p>
        This is {KINDS[read.kind]}. {count(added, 'chat')} came in
        {merged > 0 && `, ${count(merged, 'chat')} that were here got what they lacked`}
        {unchanged > 0 && `, ${count(unchanged, 'chat')} were here already`}.
      </p>
      <IntegrityLine read={read} />
      {read.skipped.length > 0 && (
        <details open={read.skipped.length < 6}>
          <summary>{count(read.skipped.length, 'entry', 'entries')} skipped</summary>
          <ul className="mt-1 list-disc pl-5">
            {read.skipped.slice(0, 200).map(({ what, why }, index) => (
              <li key={index}>
                {what}: {why}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

/** Says whether the file is what the app once wrote; used for links, too. */
export function IntegrityLine({ read }: { readonly read: ReadFile }) {
  const { integrity } = read;
  if (integrity.state === 'unknown') {
    return <p className="text-ink-muted">Files of this kind carry no hash, so changes can’t be seen.</p>;
  }
  if (integrity.state === 'unchanged') return <p className="text-ok">Unchanged since export.</p>;
  return (
    <div className="border-l-3 border-warn bg-warn-soft px-3 py-2">
      <p className="font-semibold">Changed since export</p>
      <ul className="list-disc pl-5">
        {integrity.differences.slice(0, 20).map((difference, index) => (
          <li key={index} className="[overflow-wrap:anywhere]">
            {difference}
          </li>
        ))}
      </ul>
    </div>
  );
}

function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
