/** Chats whose messages name their parents, whatever the program calls its members: versions of a reply are siblings. */
import { isOverlong, type PlainMessage } from '../plain-chat.ts';

/** What one node has to say. */
export type NodeText =
  | { readonly kind: 'said'; readonly message: Omit<PlainMessage, 'parent' | 'key'> }
  | { readonly kind: 'system'; readonly text: string }
  /** Its children hang on what is above it. */
  | { readonly kind: 'nothing' };

export interface FlatTree {
  /** Parents before their children; `key` is the node's own name. */
  readonly messages: readonly PlainMessage[];
  /** Each text once, joined; null without one. */
  readonly systemText: string | null;
  /** Index of the message that stands for a node: its own, or the nearest above; null where there is none. */
  readonly messageOf: (name: string | null | undefined) => number | null;
}

/** For a node whose name is another's: both are somebody's words. @param place of it in the file. */
export function freeName(taken: ReadonlyMap<string, unknown>, name: string, place: number): string {
  let free = taken.has(name) ? `${name} again ${String(place)}` : name;
  while (taken.has(free)) free += '′';
  return free;
}

/**
 * @param parents for each node the name of its parent; a parent that is no node, or a circle, begins a chat.
 * @param read is called once a node.
 */
export function flattenTree(
  parents: ReadonlyMap<string, string | null>,
  read: (name: string) => NodeText,
): FlatTree {
  const messages: PlainMessage[] = [];
  const placeOf = new Map<string, number | null>();
  const systemTexts = new Set<string>();

  /** Walks up with a stack, since a chat may be thousands of nodes long. */
  const place = (start: string): void => {
    const pending: string[] = [];
    let current: string | null = start;
    const walking = new Set<string>();
    while (current !== null && !placeOf.has(current) && parents.has(current) && !walking.has(current)) {
      walking.add(current);
      pending.push(current);
      current = parents.get(current) ?? null;
    }
    let parent = current === null ? null : (placeOf.get(current) ?? null);
    for (const name of pending.reverse()) {
      if (isOverlong(messages)) return;
      const node = read(name);
      if (node.kind === 'system') systemTexts.add(node.text);
      if (node.kind === 'said') {
        messages.push({ ...node.message, parent, key: name });
        parent = messages.length - 1;
      }
      placeOf.set(name, parent);
    }
  };

  for (const name of parents.keys()) {
    if (isOverlong(messages)) break;
    place(name);
  }
  return {
    messages,
    systemText: systemTexts.size === 0 ? null : [...systemTexts].join('\n\n'),
    messageOf: (name) => (name === null || name === undefined ? null : (placeOf.get(name) ?? null)),
  };
}
