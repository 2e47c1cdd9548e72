import type { Conversation } from '../../database/records.ts';
import { classNames } from '../../ui/class-names.ts';
import { useChatSetup } from '../workbench/use-chat-setup.ts';
import { differences } from './follow.ts';

/** Which preset the chat follows, and that it differs from it; leads to where both are changed. */
export default function PresetChip({
  conversation,
  onOpen,
}: {
  readonly conversation: Conversation | null;
  readonly onOpen: () => void;
}) {
  const { own, follow } = useChatSetup(conversation);
  const { preset } = follow;
  if (!preset) return null;
  const changed = differences(own, preset).length > 0;
  return (
    <button
      type="button"
      aria-label={`Preset: ${preset.name}${changed ? ', changed' : ''}`}
      className={classNames(
        'inline-flex min-h-6 max-w-40 min-w-0 items-center gap-1 rounded-full border px-2 text-xs hover:border-accent hover:text-accent pointer-coarse:min-h-9',
        changed ? 'border-warn text-warn' : 'border-line-strong text-ink-muted',
      )}
      onClick={onOpen}
    >
      <span className="truncate">{preset.name}</span>
      {changed && <span className="shrink-0">, changed</span>}
    </button>
  );
}
