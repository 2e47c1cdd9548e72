import { useEffect, useState } from 'react';
import { importConversations, type ImportOutcome } from '../../conversations/data/whole/whole-chats.ts';
import { conversationStore } from '../../conversations/data/store.ts';
import { AppError, toAppError } from '../../errors/app-error.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { PassphraseField } from '../../lock/passphrase-fields.tsx';
import { SignedLine } from '../signing/signed-line.tsx';
import { decrypted, isAgeFile } from '../age/age-calls.ts';
import { withCheckFiles, withSigner, type CheckedFile } from './files/check-files.ts';
import { omissionsText } from './foreign/omissions.ts';
import { count } from './count.ts';
import { readInWorker } from './read-in-worker.ts';
import { beginExamsRestore, type ExamsRestore } from './exam-rows.ts';
import { NO_EXAMS, type FileKind, type ReadReport, type Skipped, type RestoredExams } from './read-result.ts';
import { RestoredExamsLines } from './restored-exams-lines.tsx';

const KINDS: Record<FileKind, string> = {
  'meditron-web': 'a transcript of this app',
  'meditron-markdown': 'a Markdown transcript of this app, which holds the texts that were on screen',
  chatgpt: 'a ChatGPT export',
  'llamacpp-webui': 'an export of llama.cpp’s web page',
  'open-webui': 'an Open WebUI export',
  claude: 'a Claude export',
  librechat: 'a LibreChat export',
  'lm-studio': 'an LM Studio conversation',
  chatbox: 'a Chatbox export',
  'better-chatgpt': 'a BetterChatGPT export',
  sharegpt: 'a ShareGPT file',
  'openai-messages': 'OpenAI messages',
};

type Result =
  /** Encrypted: `answer` takes the passphrase, or null to leave it. */
  | {
      readonly file: File;
      readonly status: 'asking';
      readonly error: AppError | null;
      readonly answer: (passphrase: string | null) => void;
    }
  /** `chats`: stored so far. */
  | { readonly file: File; readonly status: 'reading'; readonly chats: number }
  | { readonly file: File; readonly status: 'failed'; readonly error: AppError; readonly chats: number }
  | {
      readonly file: File;
      readonly status: 'done';
      readonly report: ReadReport;
      readonly outcome: ImportOutcome;
      readonly exams: RestoredExams;
    };

export interface ImportDialogProps {
  readonly files: readonly File[];
  readonly onClose: () => void;
}

/** Takes the files in, one after another, and reports what came in, what was skipped and why, and whether each is unchanged. */
export default function ImportDialog({ files, onClose }: ImportDialogProps) {
  const [results, setResults] = useState<readonly Result[] | null>(null);

  useEffect(() => {
    const abort = new AbortController();
    void (async () => {
      const checked = await withCheckFiles(files);
      if (abort.signal.aborted) return;
      setResults(checked.map(({ file }) => ({ file, status: 'reading', chats: 0 })));
      for (const [index, { file, sha256, signature }] of checked.entries()) {
        const show = (result: Result): void => {
          if (!abort.signal.aborted)
            setResults((before) => before?.map((each, at) => (at === index ? result : each)) ?? null);
        };
        const plain = (await isAgeFile(file)) ? await opened(file, show, abort.signal) : file;
        // oxlint-disable-next-line typescript/no-unnecessary-condition -- Cancel may have come meanwhile
        if (abort.signal.aborted) return;
        if (plain === null) continue;
        show(
          await takeIn(
            plain === file ? { file, sha256, signature } : { file: plain, sha256: null, signature: null },
            abort.signal,
            (chats) => {
              show({ file, status: 'reading', chats });
            },
          ),
        );
        // oxlint-disable-next-line typescript/no-unnecessary-condition -- Cancel may have come meanwhile
        if (abort.signal.aborted) return;
      }
    })();
    return () => {
      abort.abort();
    };
  }, [files]);

  return (
    <Dialog open title="Import" onClose={onClose}>
      <div className="grid gap-5 text-sm" aria-live="polite">
        {results?.length === 0 && <p>A check file speaks of another file: choose both at once.</p>}
        {results?.map((result, index) => (
          <section key={index} className="grid gap-2">
            <h3 className="font-semibold [overflow-wrap:anywhere]">{result.file.name}</h3>
            {result.status === 'reading' && (
              <p>Reading…{result.chats > 0 && ` ${count(result.chats, 'chat')} so far.`}</p>
            )}
            {result.status === 'asking' && <AskPassphrase error={result.error} answer={result.answer} />}
            {result.status === 'failed' && <Failure error={result.error} chats={result.chats} />}
            {result.status === 'done' && (
              <Report report={result.report} outcome={result.outcome} exams={result.exams} />
            )}
          </section>
        ))}
        {results === null || results.some(({ status }) => status === 'reading' || status === 'asking') ? (
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

/** Asks until a passphrase opens the file. @returns null when it was left. */
async function opened(file: File, show: (result: Result) => void, signal: AbortSignal): Promise<File | null> {
  for (let error: AppError | null = null; ;) {
    const passphrase = await new Promise<string | null>((answer) => {
      signal.addEventListener('abort', () => {
        answer(null);
      });
      show({ file, status: 'asking', error, answer });
    });
    show({ file, status: 'reading', chats: 0 });
    if (passphrase === null) {
      const left = new AppError('lock/wrong-passphrase', 'No passphrase was given');
      show({ file, status: 'failed', error: left, chats: 0 });
      return null;
    }
    try {
      return await decrypted(file, passphrase);
    } catch (thrown) {
      error = toAppError(thrown, 'transcript/damaged');
      if (error.code === 'lock/wrong-passphrase') continue;
      show({ file, status: 'failed', error, chats: 0 });
      return null;
    }
  }
}

function AskPassphrase({ error, answer }: Pick<Extract<Result, { status: 'asking' }>, 'error' | 'answer'>) {
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        const given = new FormData(event.currentTarget).get('passphrase');
        answer(typeof given === 'string' ? given : '');
      }}
    >
      <p>This file is encrypted.</p>
      <PassphraseField label="Passphrase of the file" name="passphrase" />
      {error && <ErrorAlert error={error} />}
      <div className="flex gap-2">
        <Button type="submit" look="primary">
          Open it
        </Button>
        <Button
          look="quiet"
          onClick={() => {
            answer(null);
          }}
        >
          Leave it
        </Button>
      </div>
    </form>
  );
}

/** @param progress is told how many chats are stored after each part of a large file. */
async function takeIn(
  checked: CheckedFile,
  signal: AbortSignal,
  progress: (chats: number) => void,
): Promise<Result> {
  const { file, sha256 } = checked;
  let outcome: ImportOutcome = { added: 0, merged: 0, unchanged: 0, refused: [] };
  const restore: { begun: ExamsRestore | null } = { begun: null };
  try {
    const store = await conversationStore();
    const report = await readInWorker(
      file,
      sha256,
      async ({ chats, folders, exams = [] }) => {
        const { added, merged, unchanged, refused } = await importConversations(store, chats, folders);
        outcome = {
          added: outcome.added + added,
          merged: outcome.merged + merged,
          unchanged: outcome.unchanged + unchanged,
          refused: [...outcome.refused, ...refused],
        };
        for (const rows of exams) {
          restore.begun ??= await beginExamsRestore(store);
          await restore.begun.take(rows);
        }
        progress(outcome.added + outcome.merged + outcome.unchanged);
      },
      signal,
    );
    const exams = (await restore.begun?.end()) ?? NO_EXAMS;
    return { file, status: 'done', report: await withSigner(report, checked), outcome, exams };
  } catch (thrown) {
    // What failed is told; what can't be taken away is never seen, and goes when the file is restored again.
    await restore.begun?.drop().catch(() => undefined);
    return { file, status: 'failed', error: toAppError(thrown), chats: outcome.added + outcome.merged };
  }
}

/** @param chats that came in before a large file failed. */
function Failure({ error, chats }: { readonly error: AppError; readonly chats: number }) {
  if (chats === 0) return <ErrorAlert error={error} />;
  const stay = `${count(chats, 'chat')} came in before and ${chats === 1 ? 'stays' : 'stay'}. The same file again adds only what is missing.`;
  // The general advice says that nothing of the file came in, which is not true here.
  if (error.code.startsWith('transcript/'))
    return (
      <ErrorAlert error={error} action={`${stay} Ask for the file again, or split it into smaller ones.`} />
    );
  return (
    <ErrorAlert error={error}>
      <p>{stay}</p>
    </ErrorAlert>
  );
}

function Report({
  report,
  outcome,
  exams,
}: {
  readonly report: ReadReport;
  readonly outcome: ImportOutcome;
  readonly exams: RestoredExams;
}) {
  const { added, merged, unchanged, refused } = outcome;
  const skipped: readonly Skipped[] = [
    ...report.skipped,
    ...refused.map((title) => ({
      what: `“${title}”`,
      why: 'messages of it are here already, in another chat',
    })),
  ];
  const omitted = omissionsText(report.omitted ?? {});
  return (
    <>
      <p>
        This is {KINDS[report.kind]}. {count(added, 'chat')} came in
        {merged > 0 &&
          `, ${count(merged, 'chat')} that ${merged === 1 ? 'was here got what it' : 'were here got what they'} lacked`}
        {unchanged > 0 && `, ${count(unchanged, 'chat')} ${unchanged === 1 ? 'was' : 'were'} here already`}.
      </p>
      <RestoredExamsLines exams={exams} />
      <IntegrityLine read={report} />
      {report.signed && <SignedLine signed={report.signed} />}
      {omitted && <p>{omitted}.</p>}
      {skipped.length > 0 && (
        <details open={skipped.length < 6}>
          <summary>{count(skipped.length, 'entry', 'entries')} skipped</summary>
          <ul className="mt-1 list-disc pl-5">
            {skipped.slice(0, 200).map(({ what, why }, index) => (
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
export function IntegrityLine({ read }: { readonly read: ReadReport }) {
  const { integrity } = read;
  if (integrity.state === 'unknown') {
    return <p className="text-ink-muted">No check value came with it, so changes can’t be seen.</p>;
  }
  if (integrity.state === 'consistent') {
    return (
      <p className="text-ok">
        Consistent: its check value fits its content.{' '}
        <span className="text-ink-muted">
          Whoever changes a file can make it a new one, so this says nothing of who wrote it.
        </span>
      </p>
    );
  }
  return (
    <div className="border-l-3 border-warn bg-warn-soft px-3 py-2">
      <p className="font-semibold">Changed since export: its check value does not fit its content</p>
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
