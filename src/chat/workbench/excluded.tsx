import type { ShownMessage } from '../../database/records.ts';
import { formatCount } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';

/** More lines than anybody reads in a list of what is not there. */
const MOST_SHOWN = 20;

export interface ExcludedProps {
  readonly path: readonly ShownMessage[];
  readonly dropped: readonly string[];
  readonly leftOut: readonly string[];
  readonly onPin: (id: string) => void;
  readonly onPutBack: (id: string) => void;
}

/** Messages of the chat that the model will not see: for want of room, or because a person said so. */
export function Excluded({ path, dropped, leftOut, onPin, onPutBack }: ExcludedProps) {
  // A long chat has thousands of each.
  const [noRoom, out] = [new Set(dropped), new Set(leftOut)];
  return (
    <>
      <Group
        title={`No room for ${messages(dropped.length)}`}
        shown={path.filter(({ id }) => noRoom.has(id)).slice(-MOST_SHOWN)}
        action="Pin"
        onAct={onPin}
      />
      <Group
        title={`You left out ${messages(leftOut.length)}`}
        shown={path.filter(({ id }) => out.has(id)).slice(-MOST_SHOWN)}
        action="Put back"
        onAct={onPutBack}
      />
    </>
  );
}

function Group({
  title,
  shown,
  action,
  onAct,
}: {
  readonly title: string;
  readonly shown: readonly ShownMessage[];
  readonly action: string;
  readonly onAct: (id: string) => void;
}) {
  if (shown.length === 0) return null;
  return (
    <section aria-label={title} className="rounded-md border border-dashed border-line-strong p-2.5">
      <h3 className="text-xs font-semibold">{title}</h3>
      <ul className="mt-1 grid grid-cols-1">
        {shown.map(({ id, role, text }) => (
          <li key={id} className="flex min-h-8 items-center gap-2 text-xs text-ink-muted">
            <span dir="auto" className="min-w-0 flex-1 truncate">
              <span className="font-medium">{role === 'user' ? 'You' : 'Model'}:</span> {text.slice(0, 200)}
            </span>
            <Button
              size="small"
              look="quiet"
              onClick={() => {
                onAct(id);
              }}
            >
              {action}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function messages(count: number): string {
  return count === 1 ? 'one message' : `${formatCount(count)} messages`;
}
