import { formatCount } from '../../lib/format.ts';
import { classNames } from '../../ui/class-names.ts';
import { DRAFT, type BlockView, type PromptView } from './measure.ts';

interface Share {
  readonly name: string;
  readonly tokens: number;
  readonly colour: string;
}

/** How the window is shared out: a bar, and the same in words. */
export function PromptSummary({ view, exact }: { readonly view: PromptView; readonly exact: boolean }) {
  const { promptTokens, window, reserve } = view;
  const about = exact ? '' : 'About ';
  const free = Math.max(0, window - promptTokens - reserve);
  const shares = sharesOf(view);
  return (
    <div>
      <div aria-hidden className="flex h-2.5 overflow-hidden rounded-sm bg-line">
        {shares.map(({ name, tokens, colour }) => (
          <div
            key={name}
            className={classNames('h-full', colour)}
            style={{ width: `${((100 * tokens) / Math.max(window, promptTokens + reserve)).toFixed(2)}%` }}
          />
        ))}
      </div>
      <p className="tabular mt-1.5 text-sm">
        {about}
        <span className="font-medium">
          {formatCount(promptTokens)} of {formatCount(window)} tokens
        </span>
        , {formatCount(reserve)} reserved for the reply, {formatCount(free)} free
      </p>
      <ul className="tabular mt-1 flex flex-wrap gap-x-3 text-xs text-ink-muted">
        {shares.map(({ name, tokens, colour }) => (
          <li key={name} className="flex items-center gap-1.5">
            <span aria-hidden className={classNames('size-2 rounded-full', colour)} />
            {name} {formatCount(tokens)}
          </li>
        ))}
        <li>Start token 1</li>
      </ul>
      {!exact && (
        <p className="mt-1 text-xs text-ink-muted">
          Estimated from its length: no model is loaded here that could count it, and a server is not asked
          before you send.
        </p>
      )}
    </div>
  );
}

function sharesOf({ blocks, reserve }: PromptView): readonly Share[] {
  const sum = (test: (block: BlockView) => boolean): number =>
    blocks.reduce((total, block) => total + (test(block) ? block.tokens : 0), 0);
  const isDraft = ({ place }: BlockView): boolean =>
    place.part === 'reply' || (place.part === 'turn' && place.id === DRAFT);
  const shares: readonly Share[] = [
    { name: 'System', tokens: sum(({ place }) => place.part === 'system'), colour: 'bg-folder-violet' },
    { name: 'Examples', tokens: sum(({ place }) => place.part === 'example'), colour: 'bg-folder-orange' },
    {
      name: 'Conversation',
      tokens: sum((block) => block.place.part === 'turn' && !isDraft(block)),
      colour: 'bg-folder-blue',
    },
    { name: 'What you type', tokens: sum(isDraft), colour: 'bg-accent' },
    { name: 'Reserved', tokens: reserve, colour: 'bg-line-strong' },
  ];
  return shares.filter(({ tokens }) => tokens > 0);
}
