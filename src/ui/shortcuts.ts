/**
 * Keyboard shortcuts as data: whoever offers an action registers it here while it is possible, one listener runs it, and
 * the sheet lists what is there.
 */
import { useEffect, useEffectEvent } from 'react';
import { create } from 'zustand';

export interface Shortcut {
  readonly id: string;
  /**
   * Lower-case `KeyboardEvent.key` with modifiers in front: `mod+k` (⌘ on a Mac, Ctrl elsewhere), `mod+shift+o`, `?`, `escape`.
   * A single character is heard only outside text fields, and only while single keys are on.
   */
  readonly keys: string;
  readonly label: string;
  /** @returns false: not for now, let the key do what it does. */
  readonly run: () => boolean | undefined;
}

export const useShortcuts = create<{ readonly shortcuts: readonly Shortcut[] }>(() => ({ shortcuts: [] }));

/** Offers a shortcut for as long as the component is mounted. The last one registered for the same keys wins. */
export function useShortcut(id: string, keys: string, label: string, run: () => boolean | undefined): void {
  const latest = useEffectEvent(run);
  useEffect(() => {
    const shortcut: Shortcut = { id, keys, label, run: () => latest() };
    useShortcuts.setState(({ shortcuts }) => ({ shortcuts: [...shortcuts, shortcut] }));
    return () => {
      useShortcuts.setState(({ shortcuts }) => ({
        shortcuts: shortcuts.filter((other) => other !== shortcut),
      }));
    };
  }, [id, keys, label]);
}

export const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent);

/** @returns e.g. `mod+shift+o`, or null for keys that belong to an input method. */
export function keysOf(event: KeyboardEvent): string | null {
  if (event.isComposing || event.key === 'Dead' || event.key === 'Unidentified') return null;
  const mod = isMac ? event.metaKey : event.ctrlKey;
  const other = isMac ? event.ctrlKey : event.metaKey;
  const key = event.key.toLowerCase();
  // "?" needs Shift on most keyboards: the character says it already.
  const shift = event.shiftKey && (key.length > 1 || mod || event.altKey || /[a-z]/.test(key));
  return [mod && 'mod', other && 'other', event.altKey && 'alt', shift && 'shift', key]
    .filter(Boolean)
    .join('+');
}

/** Keys as printed on them: `⇧⌘O`, `Ctrl + Shift + O`. */
export function keysText(keys: string, mac: boolean = isMac): readonly string[] {
  const names: Record<string, string> = mac
    ? { mod: '⌘', shift: '⇧', alt: '⌥', escape: 'esc', enter: '↩', backspace: '⌫' }
    : { mod: 'Ctrl', shift: 'Shift', alt: 'Alt', escape: 'Esc', enter: 'Enter', backspace: 'Backspace' };
  const arrows: Record<string, string> = { arrowup: '↑', arrowdown: '↓', arrowleft: '←', arrowright: '→' };
  return keys.split('+').map((key) => names[key] ?? arrows[key] ?? key.toUpperCase());
}

/**
 * Runs the registered shortcut for a key event, if there is one.
 * @param singleKeys whether a person lets single characters be shortcuts.
 */
export function handleShortcut(event: KeyboardEvent, singleKeys: boolean): void {
  if (event.defaultPrevented) return;
  const keys = keysOf(event);
  if (keys === null) return;
  const single = keys.length === 1;
  if (single && (!singleKeys || isTextField(event.target))) return;
  // A modal has the keyboard to itself.
  if (document.querySelector('dialog:modal')) return;
  const shortcut = useShortcuts.getState().shortcuts.findLast((candidate) => candidate.keys === keys);
  if (shortcut && shortcut.run() !== false) event.preventDefault();
}

function isTextField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'))
  );
}
