import { X } from 'lucide-react';
import { lazy, Suspense, useId, useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { Conversation, ShownMessage } from '../../database/records.ts';
import { IconButton } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { useWide } from '../../ui/use-wide.ts';
import { PromptPanel } from './prompt-panel.tsx';

const ChatSettings = lazy(() => import('../screen/chat-settings.tsx'));

export type WorkbenchTab = 'prompt' | 'settings';

const TABS: readonly (readonly [WorkbenchTab, string])[] = [
  ['prompt', 'Prompt'],
  ['settings', 'Settings'],
];

/** Below this the panel would leave the page less than a phone has. */
const ROOM_BESIDE = '(min-width: 70rem)';
const LEAST = 280;
const MOST = 720;
const STEP = 24;

/** Of this tab, also when the panel is closed and opened again. */
let lastWidth = 384;

export interface WorkbenchProps {
  readonly tab: WorkbenchTab;
  readonly conversation: Conversation | null;
  readonly path: readonly ShownMessage[];
  readonly onTab: (tab: WorkbenchTab) => void;
  readonly onClose: () => void;
}

/** What the model will see and how it is asked, beside the chat; a sheet where there is no room for both. */
export default function Workbench({ tab, conversation, path, onTab, onClose }: WorkbenchProps) {
  const beside = useWide(ROOM_BESIDE);
  const [width, setWidth] = useState(lastWidth);
  const ids = useId();
  const resize = (next: number): void => {
    lastWidth = Math.round(Math.min(MOST, Math.max(LEAST, next)));
    setWidth(lastWidth);
  };
  const tabs = (
    <div
      role="tablist"
      aria-label="Prompt and settings"
      className="flex gap-4"
      onKeyDown={(event) => {
        if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
        event.preventDefault();
        const other = tab === 'prompt' ? 'settings' : 'prompt';
        onTab(other);
        document.getElementById(`${ids}-${other}`)?.focus();
      }}
    >
      {TABS.map(([each, name]) => (
        <button
          key={each}
          id={`${ids}-${each}`}
          type="button"
          role="tab"
          aria-selected={each === tab}
          aria-controls={`${ids}-panel`}
          tabIndex={each === tab ? 0 : -1}
          className={classNames(
            'min-h-10 border-y-2 border-transparent text-sm',
            each === tab ? 'border-b-accent font-medium' : 'text-ink-muted hover:text-accent',
          )}
          onClick={() => {
            onTab(each);
          }}
        >
          {name}
        </button>
      ))}
    </div>
  );
  const content = (
    <div role="tabpanel" id={`${ids}-panel`} aria-labelledby={`${ids}-${tab}`}>
      {tab === 'prompt' ? (
        <PromptPanel key={conversation?.id ?? ''} conversation={conversation} path={path} />
      ) : (
        <Suspense fallback={null}>
          <ChatSettings conversation={conversation} />
        </Suspense>
      )}
    </div>
  );
  if (!beside) {
    return (
      <Dialog open title="Prompt and settings" onClose={onClose}>
        <aside aria-label="Prompt" className="-mt-3 grid gap-3">
          {tabs}
          {content}
        </aside>
      </Dialog>
    );
  }
  return (
    <div className="print-none flex min-h-0 shrink-0" style={{ width }}>
      <Edge width={width} onResize={resize} />
      <aside aria-label="Prompt" className="flex min-w-0 flex-1 flex-col bg-sunken">
        <div className="flex min-h-12 items-center justify-between border-b border-line pr-1 pl-4">
          {tabs}
          <IconButton size="small" label="Close the panel" icon={X} tipAlign="end" onClick={onClose} />
        </div>
        <div className="min-h-0 flex-1 overflow-y-auto px-4 py-3">{content}</div>
      </aside>
    </div>
  );
}

/** The line between chat and panel: dragged, or moved by arrow keys. */
function Edge({ width, onResize }: { readonly width: number; readonly onResize: (width: number) => void }) {
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = { ArrowLeft: width + STEP, ArrowRight: width - STEP, Home: MOST, End: LEAST }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    onResize(next);
  };
  const onPointerMove = (event: PointerEvent<HTMLElement>): void => {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) {
      onResize(document.documentElement.clientWidth - event.clientX);
    }
  };
  return (
    // A separator that can be focused is a control (WAI-ARIA: window splitter).
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- see above
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the panel"
      aria-valuemin={LEAST}
      aria-valuemax={MOST}
      aria-valuenow={width}
      aria-valuetext={`${String(width)} pixels`}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- see above
      tabIndex={0}
      className="w-1.5 shrink-0 cursor-col-resize touch-none border-l border-line bg-sunken hover:bg-accent-soft focus-visible:bg-accent"
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={onPointerMove}
    />
  );
}
