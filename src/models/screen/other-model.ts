/** Whether weights are those of the model under whose name they were brought in: anything of the right kind can be imported. */
import type { ChatConfig } from '../../formats/mlc-package/chat-config.ts';
import type { GgufHeader } from '../../formats/gguf/gguf-parser.ts';
import { formatCount } from '../../lib/format.ts';
import type { RunnableEntry } from '../catalogue/catalogue-schema.ts';
import { modelSizes, type ModelSizes } from '../storage/records.ts';

/** @returns null where the package does not say. */
export function sizesOfPackage({ sizes }: Pick<ChatConfig, 'sizes'>): ModelSizes | null {
  return sizes && checked(sizes);
}

/** Keys: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. @returns null for what is no Llama. */
export function sizesOfGguf({ metadata }: Pick<GgufHeader, 'metadata'>): ModelSizes | null {
  const value = (key: string): number => {
    const found = metadata.get(`llama.${key}`);
    return typeof found === 'number' ? found : Number.NaN;
  };
  const heads = value('attention.head_count');
  return checked({
    layers: value('block_count'),
    hidden: value('embedding_length'),
    feedForward: value('feed_forward_length'),
    heads,
    kvHeads: metadata.has('llama.attention.head_count_kv') ? value('attention.head_count_kv') : heads,
    ropeTheta: metadata.has('llama.rope.freq_base') ? value('rope.freq_base') : 10_000,
    ropeFactor: null, // a tensor has it, and llama.cpp reads that
  });
}

/** Whatever a file says: what is no size would make its row on this machine unreadable. */
function checked(sizes: ModelSizes): ModelSizes | null {
  return modelSizes.safeParse(sizes).data ?? null;
}

/** @returns what differs, for a sentence; null where the weights can be the entry's. */
export function otherModel(
  { architecture }: Pick<RunnableEntry, 'architecture'>,
  sizes: ModelSizes | null,
): string | null {
  if (sizes === null) return null;
  const { layers, hidden, feedForward, heads, kvHeads, ropeTheta } = architecture;
  const shape = (of: { readonly layers: number; readonly hidden: number }): string =>
    `${String(of.layers)} layers of ${formatCount(of.hidden)}`;
  if (sizes.layers !== layers || sizes.hidden !== hidden)
    return `${shape(sizes)} instead of ${shape(architecture)}`;
  if (sizes.feedForward !== feedForward)
    return `feed-forward layers of ${formatCount(sizes.feedForward)} instead of ${formatCount(feedForward)}`;
  if (sizes.heads !== heads || sizes.kvHeads !== kvHeads)
    return `${String(sizes.heads)} and ${String(sizes.kvHeads)} heads instead of ${String(heads)} and ${String(kvHeads)}`;
  if (ropeTheta !== null && sizes.ropeTheta !== ropeTheta)
    return `rope theta ${formatCount(sizes.ropeTheta)} instead of ${formatCount(ropeTheta)}`;
  const ropeFactor = architecture.ropeScaling?.factor ?? 1;
  if (sizes.ropeFactor !== null && sizes.ropeFactor !== ropeFactor)
    return `positions stretched by ${formatCount(sizes.ropeFactor)} instead of ${formatCount(ropeFactor)}`;
  return null;
}
