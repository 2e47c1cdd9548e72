import { useEffect, useRef, useState } from 'react';
import { getProvenance } from '../../conversations/data/repository.ts';
import { conversationStore } from '../../conversations/data/store.ts';
import type { Provenance, ShownMessage } from '../../database/records.ts';
import { engineName } from '../../engine/registry.ts';
import { isAbort, toAppError, type AppError } from '../../errors/app-error.ts';
import { formatCount } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { Progress } from '../../ui/feedback/progress.tsx';
import { useChat } from '../session/chat-environment.ts';
import { Outcome } from './outcome.tsx';
import { replayChat, replayable, summary, type ReplyRun } from './replay-chat.ts';
import { circumstances } from './replay.ts';

export interface ReplayChatDialogProps {
  readonly path: readonly ShownMessage[];
  /** The records of a transcript that is not stored here; null: they are in the store. */
  readonly records: ReadonlyMap<string, Provenance> | null;
  readonly onClose: () => void;
}

const WAITING: ReplyRun = { state: 'waiting' };

/** All replies of a chat once more on this machine, one after the other, and where each parts. Nothing of it is added to the chat. */
export default function ReplayChatDialog({ path, records, onClose }: ReplayChatDialogProps) {
  const { session } = useChat();
  // As they were when it was asked for: what is written meanwhile is no part of it.
  const [replies] = useState(() => replayable(path));
  const [runs, setRuns] = useState<ReadonlyMap<string, ReplyRun>>(new Map());
  const [running, setRunning] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  const controller = useRef<AbortController | null>(null);
  const questions = new Map(path.map(({ id, text }) => [id, text]));
  const all = replies.map(({ id }) => runs.get(id) ?? WAITING);
  const over = all.filter(({ state }) => state === 'done' || state === 'failed').length;

  const start = (): void => {
    const mine = new AbortController();
    controller.current = mine;
    setRuns(new Map());
    setError(null);
    setRunning(true);
    const recordOf = async (id: string): Promise<Provenance | null> =>
      records ? (records.get(id) ?? null) : getProvenance(await conversationStore(), id);
    replayChat(recordOf, session, replies, mine.signal, (id, run) => {
      setRuns((before) => new Map(before).set(id, run));
    })
      .catch((thrown: unknown) => {
        if (!isAbort(thrown)) setError(toAppError(thrown, 'engine/generation-failed'));
      })
      .finally(() => {
        if (controller.current === mine) setRunning(false);
      });
  };

  // The press that opened it asked for it. (A component mounted twice in development stops the first run.)
  useEffect(() => {
    start();
    return () => {
      controller.current?.abort();
    };
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- once
  }, []);

  return (
    <Dialog open title="Replay of this chat" onClose={onClose}>
      <div className="grid gap-4 text-sm">
        <p className="text-ink-muted">
          Each reply is written again here, from its own prompt, sampling and seed, and compared. Nothing is
          added to the chat.
        </p>
        {replies.length === 0 && <p>No model wrote a reply here.</p>}
        {replies.length > 0 && (
          <div className="flex flex-wrap items-center gap-3">
            {running ? (
              <>
                <div className="min-w-40 flex-1">
                  <Progress
                    label="Replay"
                    done={over}
                    total={replies.length}
                    text={`${formatCount(over)} of ${formatCount(replies.length)}`}
                  />
                </div>
                <Button
                  size="small"
                  onClick={() => {
                    controller.current?.abort();
                  }}
                >
                  Stop
                </Button>
              </>
            ) : (
              <>
                <p role="status" className="flex-1 font-medium">
                  {over < replies.length && 'Stopped. '}
                  {summary(all)}
                </p>
                <Button size="small" onClick={start}>
                  Replay again
                </Button>
              </>
            )}
          </div>
        )}
        {error && <ErrorAlert error={error} />}
        <ol aria-label="Replies" className="grid gap-3">
          {replies.map((reply, at) => (
            <li key={reply.id} className="border-t border-line pt-3">
              <h3 className="font-medium">
                Reply {at + 1}
                <span dir="auto" className="line-clamp-1 font-serif font-normal text-ink-muted">
                  {questions.get(reply.parentId ?? '')}
                </span>
              </h3>
              <Row run={all[at] ?? WAITING} />
            </li>
          ))}
        </ol>
      </div>
    </Dialog>
  );
}

function Row({ run }: { readonly run: ReplyRun }) {
  switch (run.state) {
    case 'waiting':
      return <p className="text-ink-muted">Not run yet</p>;
    case 'running':
      return (
        <p className="text-ink-muted">
          {run.characters === 0
            ? 'Waiting for the model'
            : `Writing: ${formatCount(run.characters)} characters`}
        </p>
      );
    case 'failed':
      return <ErrorAlert error={run.error} className="mt-2" />;
    case 'done': {
      const { result, provenance } = run;
      const adapter = circumstances(provenance, result.loaded, engineName).find(
        ({ name }) => name === 'Adapter',
      );
      return (
        <Outcome
          result={result}
          provenance={provenance}
          // The table beneath says the rest.
          brief={`Written on ${adapter?.there ?? ''}; here on ${adapter?.here ?? ''}.`}
        />
      );
    }
  }
}
