import { useEffect, useEffectEvent, useRef, useState } from 'react';
import type { Provenance, ShownMessage } from '../../database/records.ts';
import { isAbort, toAppError, type AppError } from '../../errors/app-error.ts';
import { formatCount } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { useChat } from '../session/chat-environment.ts';
import { Outcome } from './outcome.tsx';
import { useReplayWanted } from './replay-wanted.ts';
import { replay, type Replay } from './replay.ts';

export interface ReplayViewProps {
  readonly message: ShownMessage;
  readonly provenance: Provenance;
}

/** A reply once more on this machine, and whether the same tokens come. Nothing of it is added to the chat. */
export default function ReplayView({ message, provenance }: ReplayViewProps) {
  const { session } = useChat();
  const [text, setText] = useState<string | null>(null);
  const [result, setResult] = useState<Replay | null>(null);
  const [error, setError] = useState<AppError | null>(null);
  const running = useRef<AbortController | null>(null);

  useEffect(
    () => () => {
      running.current?.abort();
    },
    [],
  );

  const start = (): void => {
    const controller = new AbortController();
    running.current = controller;
    setText('');
    setResult(null);
    setError(null);
    const { text: written, edited } = message;
    session
      .aside(
        (model, loaded) =>
          replay({ text: written, edited, provenance }, model, loaded, controller.signal, setText),
        controller.signal,
      )
      .then(setResult)
      .catch((thrown: unknown) => {
        if (!isAbort(thrown)) setError(toAppError(thrown, 'engine/generation-failed'));
      })
      .finally(() => {
        setText(null);
      });
  };

  const wanted = useReplayWanted(({ messageId }) => messageId === message.id);
  const take = useEffectEvent(() => {
    useReplayWanted.setState({ messageId: null });
    if (text === null) start();
  });
  useEffect(() => {
    // A key has asked for it; begun after this drawing, like the press of the button.
    if (wanted) queueMicrotask(take);
  }, [wanted]);

  return (
    <section aria-label="Replay" className="mt-4">
      <div className="flex flex-wrap items-center gap-3">
        {text === null ? (
          <Button size="small" onClick={start}>
            Replay
          </Button>
        ) : (
          <Button size="small" onClick={() => running.current?.abort()}>
            Stop the replay
          </Button>
        )}
        <p className="text-xs text-ink-muted">
          Writes it again here, from the same prompt, sampling and seed, and compares.
        </p>
      </div>
      {text !== null && (
        <p role="status" className="mt-2 text-ink-muted">
          {text === '' ? 'Waiting for the model' : `Writing: ${formatCount(text.length)} characters`}
        </p>
      )}
      {error && <ErrorAlert error={error} className="mt-2" />}
      {result && <Outcome result={result} provenance={provenance} />}
    </section>
  );
}
