import { useState, type ReactNode } from 'react';
import type { Provenance, ShownMessage } from '../../../database/records.ts';
import { getMessages } from '../../../conversations/data/repository.ts';
import { conversationStore } from '../../../conversations/data/store.ts';
import { engineName } from '../../../engine/registry.ts';
import { serverTitle } from '../../../engine/tab/server-title.ts';
import { toAppError, type AppError } from '../../../errors/app-error.ts';
import { formatCount, formatMoment, isKnownTime } from '../../../lib/format.ts';
import { findPromptFormat } from '../../../prompts/formats.ts';
import { ErrorAlert } from '../../../ui/feedback/error-alert.tsx';
import ReplayView from '../../replay/replay-view.tsx';
import { useProvenance } from '../../session/reply/use-provenance.ts';

/** How a reply came about, with the exact text the model saw. */
export default function MessageDetails({ message }: { readonly message: ShownMessage }) {
  const { provenance, error } = useProvenance(message);
  return (
    <section aria-label="How this reply came about" className="mt-3 border-l-2 border-line pl-4 text-sm">
      {error && <ErrorAlert error={error} />}
      {provenance === null && <p>No model wrote this: a person put it in, or it comes from elsewhere.</p>}
      {provenance && <Facts provenance={provenance} edited={message.edited} />}
      {provenance && <ReplayView message={message} provenance={provenance} />}
    </section>
  );
}

function Facts({ provenance: p, edited }: { readonly provenance: Provenance; readonly edited: boolean }) {
  const { sampling } = p;
  return (
    <>
      {edited && (
        <p className="mb-2 font-medium">
          The text was changed by hand afterwards. What follows is about the reply it was made from.
        </p>
      )}
      <dl className="grid gap-x-4 gap-y-1 sm:grid-cols-[10rem_minmax(0,1fr)]">
        <Fact name="Model">
          {p.modelName}, {p.quantization}
          {p.modelId !== '' && <code className="block font-mono text-xs text-ink-muted">{p.modelId}</code>}
        </Fact>
        {p.server && (
          <Fact name="Written on">
            {serverTitle(p.server)}, not on this machine
            <code className="block font-mono text-xs text-ink-muted">
              {p.server.model}
              {p.server.fingerprint !== '' && `, ${p.server.fingerprint}`}
            </code>
          </Fact>
        )}
        <Fact name="Weights">
          {p.source || 'source not known'}
          {p.sourceSha256 !== '' && <Hash value={p.sourceSha256} />}
          {p.weightsVerifiedAt !== undefined && (
            <span className="block text-xs text-ink-muted">
              Last compared with their checksums {when(p.weightsVerifiedAt)}
            </span>
          )}
        </Fact>
        {p.librarySha256 !== '' && (
          <Fact name="Model library">
            <Hash value={p.librarySha256} />
          </Fact>
        )}
        <Fact name="Engine">
          {engineName(p.engine)} {p.engineVersion}
          {placeOf(p)}
        </Fact>
        <Fact name="Prompt format">
          {findPromptFormat(p.promptFormat)?.name ?? p.promptFormat}
          {p.demonstrations > 0 &&
            `, ${formatCount(p.demonstrations)} worked example${p.demonstrations > 1 ? 's' : ''}`}
        </Fact>
        <Fact name="System text">{p.systemText || 'none'}</Fact>
        <Fact name="Sampling">
          temperature {sampling.temperature}, top_p {sampling.topP}, top_k {sampling.topK || 'off'},
          repetition penalty {sampling.repetitionPenalty}, at most {formatCount(sampling.maxTokens)} tokens
          {p.ignoredSampling.length > 0 &&
            ` (this engine has no ${p.ignoredSampling.map(settingName).join(', ')})`}
        </Fact>
        {p.branch && (
          <Fact name="Branched">
            at token {formatCount(p.branch.token + 1)} of another version: up to there it is that one’s, then
            a person’s choice
          </Fact>
        )}
        <Fact name="Seed">{p.seedUsed ?? 'drawn by the engine, not reported'}</Fact>
        <Fact name="Tokens">
          {formatCount(p.promptTokens)} read ({formatCount(p.reusedTokens)} reused),{' '}
          {formatCount(p.completionTokens)} written
        </Fact>
        <Fact name="Speed">
          {p.timeToFirstTokenMs === 0
            ? 'not known: it was cut off'
            : `${(p.timeToFirstTokenMs / 1000).toFixed(2)} s to the first token, then ${p.decodeTokensPerSecond.toFixed(1)} tokens/s`}
        </Fact>
        <Fact name="Ended by">{endOf(p.finishReason)}</Fact>
        <Fact name="Left out">
          {p.droppedMessageIds.length === 0 ? (
            'nothing: the whole conversation fitted the window'
          ) : (
            <LeftOut ids={p.droppedMessageIds} />
          )}
        </Fact>
        <Fact name="Advisory notice">
          {p.noticeVersion === ''
            ? 'not recorded'
            : `${p.noticeVersion}, acknowledged ${when(p.noticeAcknowledgedAt)}`}
        </Fact>
        <Fact name="Written">
          {when(p.startedAt)}, Meditron Web {p.appVersion}
        </Fact>
      </dl>
      <h3 className="mt-3 mb-1 font-medium">Exactly what the model saw</h3>
      <pre
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a long prompt scrolls by keyboard only when it can be focused
        tabIndex={0}
        role="group"
        aria-label="Prompt"
        className="max-h-80 overflow-auto bg-sunken p-3 font-mono text-xs whitespace-pre-wrap"
      >
        {p.prompt}
      </pre>
    </>
  );
}

function settingName(key: string): string {
  return key === 'topAlternatives' ? 'token probabilities' : key;
}

/** What the window had no room for, by its first words. Read when asked for: it can be thousands of messages. */
function LeftOut({ ids }: { readonly ids: readonly string[] }) {
  const [messages, setMessages] = useState<readonly ShownMessage[] | null>(null);
  const [error, setError] = useState<AppError | null>(null);
  const read = (): void => {
    conversationStore()
      .then((store) => getMessages(store, ids))
      .then(setMessages, (thrown: unknown) => {
        setError(toAppError(thrown, 'storage/failed'));
      });
  };
  return (
    <details
      onToggle={(event) => {
        if (event.currentTarget.open && !messages) read();
      }}
    >
      <summary>
        {ids.length === 1 ? 'the oldest message' : `the ${formatCount(ids.length)} oldest messages`}, which
        did not fit the window
      </summary>
      {error && <ErrorAlert error={error} />}
      {messages && (
        <ol className="mt-1 max-h-60 list-decimal overflow-y-auto pl-6">
          {messages.map(({ id, role, text }) => (
            <li key={id}>
              {role === 'user' ? 'You' : 'Model'}: {text.length > 120 ? `${text.slice(0, 120)}…` : text}
            </li>
          ))}
        </ol>
      )}
      {messages && messages.length < ids.length && (
        <p>{formatCount(ids.length - messages.length)} of them were deleted since.</p>
      )}
    </details>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-muted">{name}</dt>
      <dd className="mb-1 wrap-anywhere sm:mb-0">{children}</dd>
    </>
  );
}

function placeOf({ backend, adapter }: Provenance): string {
  switch (backend) {
    case 'webgpu':
      return `, on the GPU${adapter ? ` (${adapter})` : ''}`;
    case 'cpu':
      return ', on the CPU';
    case 'server':
      return '';
    default:
      return `, on ${backend}`;
  }
}

function Hash({ value }: { readonly value: string }) {
  return <code className="block font-mono text-xs text-ink-muted">SHA-256 {value}</code>;
}

function endOf(reason: Provenance['finishReason']): string {
  switch (reason) {
    case 'stop':
      return 'the model itself';
    case 'length':
      return 'the length limit';
    case 'aborted':
      return 'Stop';
    case null:
      return 'not known: it was cut off';
  }
}

function when(time: number): string {
  if (!isKnownTime(time)) return 'time unknown';
  return formatMoment(time);
}
