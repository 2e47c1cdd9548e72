/** A multiple-choice question, and a set of them, as the app keeps and exchanges them. */
import { z } from '../../lib/zod.ts';
import {
  MAX_CONTEXT_CHARACTERS,
  MAX_EXPLANATION_CHARACTERS,
  MAX_ITEMS,
  MAX_NAME_CHARACTERS,
  MAX_OPTION_CHARACTERS,
  MAX_OPTIONS,
  MAX_QUESTION_CHARACTERS,
} from './limits.ts';

const name = z.string().max(MAX_NAME_CHARACTERS);

export const itemSchema = z
  .object({
    /** Unique in its set. */
    id: z.string().min(1).max(MAX_NAME_CHARACTERS),
    question: z.string().min(1).max(MAX_QUESTION_CHARACTERS),
    /** What stands before the question, e.g. an abstract; empty when nothing does. */
    context: z.string().max(MAX_CONTEXT_CHARACTERS).default(''),
    options: z.array(z.string().max(MAX_OPTION_CHARACTERS)).min(2).max(MAX_OPTIONS).readonly(),
    /** Indices of the right options, ascending; empty: the file has no key for this item. */
    answer: z.array(z.number().int().min(0)).max(MAX_OPTIONS).readonly(),
    explanation: z.string().max(MAX_EXPLANATION_CHARACTERS).default(''),
    subject: name.default(''),
    /** As the source divides its items: `train`, `dev`, `test`, or nothing. */
    split: name.default(''),
  })
  .refine((item) => item.answer.every((index) => index < item.options.length), 'the key names no option')
  .refine(
    (item) => item.answer.every((index, at) => at === 0 || (item.answer[at - 1] ?? index) < index),
    'the key is not ascending',
  );

export type Item = Readonly<z.infer<typeof itemSchema>>;

/** How a set is best put to a model; what a new run of it starts with. */
export const runAdviceSchema = z.object({
  method: z.enum(['option-letters', 'option-texts', 'written']),
  form: z.string().max(MAX_NAME_CHARACTERS),
});

export const SET_SCHEMA_NAME = 'meditron-web/question-set';

/** A set as a file: what is built in, exported and shared. */
export const questionSetSchema = z
  .object({
    schema: z.literal(SET_SCHEMA_NAME),
    version: z.literal(1),
    id: z.string().min(1).max(MAX_NAME_CHARACTERS),
    title: z.string().min(1).max(MAX_NAME_CHARACTERS),
    description: z.string().max(MAX_OPTION_CHARACTERS).default(''),
    language: name.default(''),
    licence: name.default(''),
    source: name.default(''),
    run: runAdviceSchema.optional(),
    /** SHA-256 of the items (`set-hash.ts`), in an export; a file without it was written by hand. */
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
    items: z.array(itemSchema).min(1).max(MAX_ITEMS),
  })
  .refine((set) => new Set(set.items.map((item) => item.id)).size === set.items.length, 'item ids repeat');

export type QuestionSetFile = z.infer<typeof questionSetSchema>;
export type RunAdvice = z.infer<typeof runAdviceSchema>;

/** `A` for 0, as every exam letters its options. */
export function letterOf(index: number): string {
  return String.fromCharCode(65 + index);
}

/** The index of a letter A–Z in any case; -1 for anything else. */
export function indexOfLetter(text: string): number {
  const match = /^[A-Za-z]$/.exec(text.trim());
  return match ? match[0].toUpperCase().charCodeAt(0) - 65 : -1;
}
