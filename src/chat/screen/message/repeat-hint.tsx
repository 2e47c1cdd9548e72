import type { ShownMessage } from '../../../database/records.ts';
import { Button } from '../../../ui/button.tsx';
import { showErrorToast } from '../../../ui/feedback/use-error-text.ts';
import { useChat } from '../../session/chat-environment.ts';

/** Enough for other words, not enough for nonsense: what Llama 2, Meditron's ground, is sampled with by its makers' code. */
const OTHER_TEMPERATURE = 0.6;

/** Beside a reply that was asked for again, and could only come out the same: why, and a way to another. */
export function RepeatHint({
  message,
  versions,
}: {
  readonly message: ShownMessage;
  readonly versions: number;
}) {
  const { session } = useChat();
  const sampling = message.provenance?.sampling;
  // One that begins with a chosen token did not come out the same.
  if (!sampling || versions < 2 || message.edited || message.provenance?.branch) return null;
  const coldest = sampling.temperature === 0;
  if (!coldest && sampling.seed === null) return null;
  return (
    <p className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-ink-muted">
      {coldest
        ? 'At temperature 0 the model writes the same reply every time.'
        : `With the seed ${String(sampling.seed)} the model writes the same reply every time.`}
      <Button
        size="small"
        onClick={() => {
          const variation = coldest ? { temperature: OTHER_TEMPERATURE, seed: null } : { seed: null };
          session.regenerate(message, { variation }).catch(showErrorToast);
        }}
      >
        {coldest
          ? `Write another at temperature ${String(OTHER_TEMPERATURE)}`
          : 'Write another with a new seed'}
      </Button>
    </p>
  );
}
