/**
 * What is typed into fields that keep nothing themselves: they go when the screen locks and when the page ends. Found in the page rather
 * than told by each field, so that none can be forgotten. Fields that save as they are typed in say so with `data-kept`, those that
 * save when they are left with `data-kept="left"`; secrets, which must lie nowhere, with `data-secret`.
 */
import { keepOpenTexts, type OpenText } from '../../conversations/data/tab/open-texts.ts';
import { useStore } from '../../conversations/data/store.ts';
import { onForgetAll } from '../../database/write-queue.ts';

type Field = HTMLInputElement | HTMLTextAreaElement;

/** Of inputs; a search box holds nothing anyone would miss, a password is a secret. */
const TEXT_TYPES = new Set(['text', 'url', 'email', 'tel']);

const typed = new Set<Field>();

function isOpenField(target: EventTarget | null): target is Field {
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement)
    return (
      (target instanceof HTMLTextAreaElement || TEXT_TYPES.has(target.type)) &&
      // React writes `data-kept` as "true".
      (target.dataset.kept ?? 'left') === 'left' &&
      target.dataset.secret === undefined
    );
  return false;
}

/** @returns what stops it. */
export function watchOpenFields(): () => void {
  const onInput = ({ target }: Event): void => {
    for (const field of typed) if (!field.isConnected) typed.delete(field);
    if (isOpenField(target)) typed.add(target);
  };
  const onLeave = ({ target }: Event): void => {
    if (isOpenField(target) && target.dataset.kept === 'left') typed.delete(target);
  };
  // What is in them may be of a chat that was deleted.
  const stopForgetting = onForgetAll(() => {
    typed.clear();
  });
  document.addEventListener('input', onInput, { capture: true });
  document.addEventListener('focusout', onLeave, { capture: true });
  return () => {
    stopForgetting();
    document.removeEventListener('input', onInput, { capture: true });
    document.removeEventListener('focusout', onLeave, { capture: true });
  };
}

/** Everything typed and still on screen, once. @param which `texts`: of the boxes of several lines only. */
export function takeOpenFields(which: 'all' | 'texts' = 'all'): Omit<OpenText, 'id'>[] {
  const fields = [...typed].filter(
    (field) =>
      field.isConnected &&
      field.value.trim() !== '' &&
      (which === 'all' || field instanceof HTMLTextAreaElement),
  );
  typed.clear();
  return fields.map((field) => ({ label: labelOf(field), text: field.value }));
}

/** Call it before the screen goes: the queue has the texts at once, and writes them while the key is here. */
export async function keepOpenFields(which: 'all' | 'texts' = 'all'): Promise<void> {
  const { store } = useStore.getState();
  if (store) await keepOpenTexts(store, takeOpenFields(which));
}

function labelOf(field: Field): string {
  const [label] = field.labels ?? [];
  const own = field.getAttribute('aria-label') ?? (label ? wordsOf(label) : field.placeholder);
  const dialog = field.closest('dialog')?.querySelector('h2')?.textContent;
  return [dialog, own].filter((part) => part !== undefined && part !== '').join(': ');
}

/** A label around a box holds the box's own text, too. */
function wordsOf(label: HTMLLabelElement): string {
  const copy = label.cloneNode(true) as HTMLLabelElement;
  for (const field of copy.querySelectorAll('textarea, input, select')) field.remove();
  return copy.textContent.trim();
}
