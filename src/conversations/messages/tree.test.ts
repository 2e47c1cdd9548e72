import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  buildTree,
  defaultLeaf,
  latestLeaf,
  leafWithout,
  pathTo,
  subtreeIds,
  type TreeNode,
  versionPlace,
  versionsOf,
} from './tree.ts';

/** Any messages at all: parents may be missing, later, the message itself or in a circle. */
const forest = fc
  .array(fc.record({ parent: fc.option(fc.nat(30)), createdAt: fc.nat(20) }), { maxLength: 25 })
  .map((rows) =>
    rows.map(({ parent, createdAt }, index): TreeNode => ({
      id: `m${index}`,
      parentId: parent === null ? null : `m${parent}`,
      createdAt,
    })),
  );

test('every message is under exactly one first message', () => {
  fc.assert(
    fc.property(forest, (messages) => {
      const tree = buildTree(messages);
      const reached = (tree.children.get(null) ?? []).flatMap((first) => subtreeIds(tree, first.id));
      expect(reached.sort()).toEqual(messages.map((message) => message.id).sort());
    }),
  );
});

test('a path leads from a first message to its leaf, step by step', () => {
  fc.assert(
    fc.property(forest, (messages) => {
      const tree = buildTree(messages);
      for (const message of messages) {
        const path = pathTo(tree, message.id);
        expect(path.at(-1)?.id).toBe(message.id);
        for (const [index, step] of path.entries())
          if (index > 0) expect(step.parentId).toBe(path[index - 1]?.id);
      }
    }),
  );
});

test('the newest end of a branch is in it and has nothing under it', () => {
  fc.assert(
    fc.property(forest, (messages) => {
      const tree = buildTree(messages);
      for (const { id } of messages) {
        const leaf = latestLeaf(tree, id);
        expect(subtreeIds(tree, id)).toContain(leaf);
        expect(tree.children.get(leaf)).toBeUndefined();
      }
      expect(defaultLeaf(tree) === null).toBe(messages.length === 0);
    }),
  );
});

test('walking the next versions meets every version once, oldest first', () => {
  fc.assert(
    fc.property(forest, (messages) => {
      const tree = buildTree(messages);
      for (const { id } of messages) {
        const versions = versionsOf(tree, id);
        expect(versions.map((version) => version.id)).toContain(id);
        const walked: string[] = [];
        for (let at: string | null = versions[0]?.id ?? null; at !== null; at = versionPlace(tree, at).nextId)
          walked.push(at);
        expect(walked).toEqual(versions.map((version) => version.id));
        expect(versionPlace(tree, id)).toMatchObject({ count: versions.length, index: walked.indexOf(id) });
      }
    }),
  );
});

test('the leaf after a deletion is outside what is deleted, and missing only when nothing is left', () => {
  fc.assert(
    fc.property(forest, (messages) => {
      const tree = buildTree(messages);
      for (const { id } of messages) {
        const gone = new Set(subtreeIds(tree, id));
        const leaf = leafWithout(tree, id);
        if (leaf === null) expect(gone.size).toBe(messages.length);
        else expect(gone.has(leaf)).toBe(false);
      }
    }),
  );
});

test('a message that names itself as its parent leaves nothing behind', () => {
  const tree = buildTree([{ id: 'a', parentId: 'a', createdAt: 1 }]);
  expect(leafWithout(tree, 'a')).toBeNull();
});

test('a chat of ten thousand messages in a row is walked without a deep stack', () => {
  const messages = Array.from({ length: 10_000 }, (_, n) => ({
    id: `m${n}`,
    parentId: n === 0 ? null : `m${n - 1}`,
    createdAt: n,
  }));
  const tree = buildTree(messages);
  expect(pathTo(tree, 'm9999')).toHaveLength(10_000);
  expect(subtreeIds(tree, 'm0')).toHaveLength(10_000);
});
