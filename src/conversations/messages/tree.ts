/**
 * The tree of a conversation's messages, free of any database. Siblings (same parent) are versions of each other and
 * ordered by age. A message whose parent is not there counts as a first message, so that nothing is ever out of reach.
 */

export interface TreeNode {
  readonly id: string;
  readonly parentId: string | null;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

export interface MessageTree<T extends TreeNode> {
  readonly byId: ReadonlyMap<string, T>;
  /** Children by parent, oldest first; `null` holds the first messages. */
  readonly children: ReadonlyMap<string | null, readonly T[]>;
}

/** Where a message stands among the versions beside it. */
export interface VersionPlace {
  /** From 0. */
  readonly index: number;
  readonly count: number;
  readonly previousId: string | null;
  readonly nextId: string | null;
}

/** Groups messages by parent. O(n log n); messages in a circle of parents are taken out of it and become first messages. */
export function buildTree<T extends TreeNode>(messages: Iterable<T>): MessageTree<T> {
  const byId = new Map<string, T>();
  for (const message of messages) byId.set(message.id, message);
  const circular = membersOfCircles(byId);
  const children = new Map<string | null, T[]>();
  for (const message of byId.values()) {
    const known = message.parentId !== null && byId.has(message.parentId) && !circular.has(message.id);
    const parent = known ? message.parentId : null;
    const group = children.get(parent);
    if (group) group.push(message);
    else children.set(parent, [message]);
  }
  for (const group of children.values()) group.sort(byAge);
  return { byId, children };
}

/** The messages from the first one down to `leafId`; empty when there is no such message. */
export function pathTo<T extends TreeNode>(tree: MessageTree<T>, leafId: string | null): T[] {
  const path: T[] = [];
  const seen = new Set<string>();
  let current = leafId === null ? undefined : tree.byId.get(leafId);
  while (current && !seen.has(current.id)) {
    seen.add(current.id);
    path.push(current);
    current = current.parentId === null ? undefined : tree.byId.get(current.parentId);
  }
  return path.reverse();
}

/** The end of the newest branch at or under `id`. @returns `id` itself where nothing follows it. */
export function latestLeaf<T extends TreeNode>(tree: MessageTree<T>, id: string): string {
  let current = id;
  for (;;) {
    const next = tree.children.get(current)?.at(-1);
    if (!next) return current;
    current = next.id;
  }
}

/** The leaf to show when none, or one that is gone, is recorded: the end of the newest branch of all. */
export function defaultLeaf<T extends TreeNode>(tree: MessageTree<T>): string | null {
  const newest = tree.children.get(null)?.at(-1);
  return newest ? latestLeaf(tree, newest.id) : null;
}

/** All versions of a message, itself included, oldest first. */
export function versionsOf<T extends TreeNode>(tree: MessageTree<T>, id: string): readonly T[] {
  const message = tree.byId.get(id);
  if (!message) return [];
  const beside = message.parentId === null ? undefined : tree.children.get(message.parentId);
  if (beside?.some((other) => other.id === id)) return beside;
  return tree.children.get(null) ?? [];
}

export function versionPlace<T extends TreeNode>(tree: MessageTree<T>, id: string): VersionPlace {
  const versions = versionsOf(tree, id);
  const index = versions.findIndex((version) => version.id === id);
  return {
    index,
    count: versions.length,
    previousId: versions[index - 1]?.id ?? null,
    nextId: index < 0 ? null : (versions[index + 1]?.id ?? null),
  };
}

/** `id` and everything under it. */
export function subtreeIds<T extends TreeNode>(tree: MessageTree<T>, id: string): string[] {
  if (!tree.byId.has(id)) return [];
  const ids = [id];
  // Grows while it is walked: breadth first, without recursion, since a chat can be thousands of messages deep.
  for (const current of ids) for (const child of tree.children.get(current) ?? []) ids.push(child.id);
  return ids;
}

/**
 * The leaf after `id` and everything under it are taken away: the version before it (else the one after it) to its
 * newest end, else its parent, else any other first message, else null.
 */
export function leafWithout<T extends TreeNode>(tree: MessageTree<T>, id: string): string | null {
  const place = versionPlace(tree, id);
  const beside = place.previousId ?? place.nextId;
  if (beside !== null) return latestLeaf(tree, beside);
  // A first message has no other beside it here, so nothing is left; its own parentId may lead into a circle.
  if (tree.children.get(null)?.some((first) => first.id === id)) return null;
  return tree.byId.get(id)?.parentId ?? null;
}

function byAge(a: TreeNode, b: TreeNode): number {
  return a.createdAt - b.createdAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

function membersOfCircles(byId: ReadonlyMap<string, TreeNode>): Set<string> {
  const circular = new Set<string>();
  const safe = new Set<string>();
  for (const start of byId.keys()) {
    const walked: string[] = [];
    const onThisWalk = new Set<string>();
    let current: string | null = start;
    while (current !== null && byId.has(current) && !safe.has(current) && !onThisWalk.has(current)) {
      walked.push(current);
      onThisWalk.add(current);
      current = byId.get(current)?.parentId ?? null;
    }
    if (current !== null && onThisWalk.has(current)) {
      for (const id of walked.slice(walked.indexOf(current))) circular.add(id);
    }
    for (const id of walked) safe.add(id);
  }
  return circular;
}
