/**
 * Where this tab stands in each chat. The database knows one path per chat; a tab that has acted in a chat keeps its own
 * branch on screen although another tab moved on to a different one.
 */
import { create } from 'zustand';
import { defaultLeaf, latestLeaf, type MessageTree, type TreeNode } from '../messages/tree.ts';

export interface JumpTarget {
  readonly conversationId: string;
  readonly messageId: string;
}

export const useTabView = create<{
  readonly leaves: ReadonlyMap<string, string>;
  /** A message a person jumped to from the search; the chat scrolls to it and calls `endJump`. */
  readonly jump: JumpTarget | null;
}>(() => ({ leaves: new Map(), jump: null }));

/** Notes the branch this tab acted on; null follows the database again. */
export function setTabLeaf(conversationId: string, leafId: string | null): void {
  useTabView.setState(({ leaves }) => {
    if ((leaves.get(conversationId) ?? null) === leafId) return {};
    const next = new Map(leaves);
    if (leafId === null) next.delete(conversationId);
    else next.set(conversationId, leafId);
    return { leaves: next };
  });
}

export function setJump(jump: JumpTarget): void {
  useTabView.setState({ jump });
}

export function endJump(): void {
  useTabView.setState({ jump: null });
}

/** The end of the path to show: this tab's branch, grown since, else the stored one, else the newest. */
export function shownLeaf(
  tree: MessageTree<TreeNode>,
  tabLeaf: string | undefined,
  storedLeaf: string | null,
): string | null {
  if (tabLeaf !== undefined && tree.byId.has(tabLeaf)) return latestLeaf(tree, tabLeaf);
  if (storedLeaf !== null && tree.byId.has(storedLeaf)) return storedLeaf;
  return defaultLeaf(tree);
}
