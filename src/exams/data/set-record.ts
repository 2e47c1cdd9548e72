/** What is kept of a question set beside its items. */
import { z } from '../../lib/zod.ts';
import { runAdviceSchema } from '../items/item.ts';
import { cutToName } from '../items/limits.ts';

/** Longer ones were once kept; a set must not go from the list for the length of a name. */
const name = z.string().transform(cutToName);
const count = z.number().int().min(0);

export const setRecordSchema = z.object({
  id: z.string().regex(/^[\w-]{1,64}$/),
  title: z.string().min(1).transform(cutToName),
  description: z.string(),
  language: name,
  licence: name,
  source: name,
  /** The reader's id: presets are offered by it. */
  format: name,
  builtIn: z.boolean(),
  /** A built-in set that a person took away; it can be brought back. */
  hidden: z.boolean(),
  createdAt: z.number(),
  /** Of the items as they are now. */
  sha256: z.string(),
  items: count,
  withKey: count,
  subjects: z.array(z.object({ name, items: count })),
  splits: z.array(z.object({ name, items: count })),
  run: runAdviceSchema.nullable(),
});

export type SetRecord = Readonly<z.infer<typeof setRecordSchema>>;
