import { useEffect, useRef, useState } from 'react';
import type { Provenance, ShownMessage } from '../../database/records.ts';
import { engineName } from '../../engine/registry.ts';
import { isAbort, toAppError, type AppError } from '../../errors/app-error.ts';
import { formatCount } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { PlainText } from '../../ui/markdown/plain-text.tsx';
import { useChat } from '../session/chat-environment.ts';
import type { Comparison } from './parting.ts';
import { circumstances, replay, type Replay } from './replay.ts';

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

function Outcome({ result, provenance }: { readonly result: Replay; readonly provenance: Provenance }) {
  const { comparison, loaded } = result;
  const unseeded =
    provenance.sampling.temperature > 0 && (provenance.seedUsed === null || !loaded.abilities.seeds);
  return (
    <>
      <p role="status" className="mt-3 font-medium">
        {comparison === null
          ? 'The text was changed by hand and its tokens were not kept: there is nothing to compare with.'
          : sentence(comparison)}
      </p>
      {unseeded && comparison?.kind === 'parted' && (
        <p className="mt-1 text-ink-muted">
          Its seed is not known or not honoured here: another reply was to be expected.
        </p>
      )}
      {comparison?.kind === 'parted' && <Place comparison={comparison} />}
      <table className="mt-3 w-full text-left text-xs">
        <caption className="sr-only">What wrote it, there and here</caption>
        <thead>
          <tr className="text-ink-muted">
            <td />
            <th scope="col" className="pr-3 font-medium">
              There
            </th>
            <th scope="col" className="font-medium">
              Here
            </th>
          </tr>
        </thead>
        <tbody>
          {circumstances(provenance, loaded, engineName).map(({ name, there, here }) => (
            <tr key={name} className="border-t border-line align-top">
              <th scope="row" className="py-1 pr-3 font-normal text-ink-muted">
                {name}
              </th>
              <td className="py-1 pr-3 wrap-anywhere">{there}</td>
              <td className="py-1 wrap-anywhere">
                {there === here ? here : <strong className="font-semibold">{here}</strong>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <details className="mt-2">
        <summary>What was written now</summary>
        <div className="mt-1 max-h-60 overflow-y-auto bg-sunken p-3 font-serif text-sm">
          <PlainText text={result.text} />
        </div>
      </details>
    </>
  );
}

function sentence(found: Comparison): string {
  const units = (count: number): string => `${formatCount(count)} ${found.unit}${count === 1 ? '' : 's'}`;
  if (found.kind === 'same') return `The same: all ${units(found.count)}.`;
  return found.at === 0
    ? `They part at the first ${found.unit}.`
    : `The same for ${units(found.at)}; then they part.`;
}

function Place({ comparison }: { readonly comparison: Extract<Comparison, { kind: 'parted' }> }) {
  const { before, there, here } = comparison;
  const piece = (text: string) =>
    text === '' ? (
      <em className="text-ink-muted">it ended</em>
    ) : (
      <mark className="rounded-xs bg-warn-soft px-0.5 whitespace-pre-wrap text-ink">{text}</mark>
    );
  return (
    <dl className="mt-2 grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-1 font-mono text-xs">
      {[
        { name: 'There', text: there },
        { name: 'Here', text: here },
      ].map(({ name, text }) => (
        <div key={name} className="contents">
          <dt className="font-sans text-ink-muted">{name}</dt>
          <dd className="wrap-anywhere">
            <span className="whitespace-pre-wrap">
              {before !== '' && '…'}
              {before}
            </span>
            {piece(text)}
          </dd>
        </div>
      ))}
    </dl>
  );
}
