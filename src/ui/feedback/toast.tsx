import { X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { create } from 'zustand';
import { Button, IconButton } from '../button.tsx';

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly action: { readonly label: string; readonly run: () => void } | null;
}

/** Long enough to read and to reach Undo by keyboard; hovering or focusing a toast holds it. */
const LIFETIME_MS = 10_000;
/** Older ones give way: a stack of toasts hides what it talks about. */
const MOST_AT_ONCE = 3;

const useToasts = create<{ readonly toasts: readonly Toast[] }>(() => ({ toasts: [] }));
let nextId = 1;

/** Tells in passing that something was done, with one thing that can be done about it (Undo). @returns the toast's id. */
export function showToast(text: string, action: Toast['action'] = null): number {
  const id = nextId++;
  useToasts.setState(({ toasts }) => ({ toasts: [...toasts, { id, text, action }].slice(-MOST_AT_ONCE) }));
  return id;
}

export function dismissToast(id: number): void {
  useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((toast) => toast.id !== id) }));
}

/** Where toasts appear; one in the whole app. The region is there from the start, so that additions are announced. */
export function Toaster() {
  const toasts = useToasts((state) => state.toasts);
  return (
    <div
      role="region"
      aria-label="Notifications"
      className="print-none pointer-events-none fixed inset-x-0 top-16 z-40 grid justify-items-center gap-2 px-4"
    >
      <div aria-live="polite" className="grid w-full max-w-md gap-2">
        {toasts.map((toast) => (
          <ToastCard key={toast.id} toast={toast} />
        ))}
      </div>
    </div>
  );
}

function ToastCard({ toast }: { readonly toast: Toast }) {
  const [held, setHeld] = useState(false);
  const close = useRef(() => {
    dismissToast(toast.id);
  });

  useEffect(() => {
    if (held) return;
    const timer = setTimeout(close.current, LIFETIME_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [held]);

  return (
    // Hovering only holds the toast; nothing is operated.
    <div
      onMouseEnter={() => {
        setHeld(true);
      }}
      onMouseLeave={() => {
        setHeld(false);
      }}
      onFocus={() => {
        setHeld(true);
      }}
      onBlur={() => {
        setHeld(false);
      }}
      className="pointer-events-auto flex items-center gap-2 rounded-md bg-ink py-1 pr-1 pl-4 text-sm text-paper shadow-float"
    >
      <span className="mr-auto py-1.5">{toast.text}</span>
      {toast.action && (
        <Button
          look="quiet"
          size="small"
          className="text-paper underline underline-offset-2 hover:bg-ink-muted"
          onClick={() => {
            toast.action?.run();
            dismissToast(toast.id);
          }}
        >
          {toast.action.label}
        </Button>
      )}
      <IconButton
        label="Dismiss"
        icon={X}
        size="small"
        tipAlign="end"
        className="text-paper hover:bg-ink-muted hover:text-paper"
        onClick={() => {
          dismissToast(toast.id);
        }}
      />
    </div>
  );
}
