/** From what a person sets to a plan: which items, which examples, which prompts. */
import { AppError } from '../../errors/app-error.ts';
import type { Item } from '../items/item.ts';
import { promptDefaultsFor } from '../../prompts/formats.ts';
import {
  chooseExamples,
  chooseItems,
  examplesOfSubject,
  examplesOfSubjects,
  presentationsOf,
  runPlanSchema,
  type FormId,
  type Method,
  type RunPlan,
} from './run-plan.ts';
import { PRESETS, type Preset } from './presets.ts';

export interface RunDraft {
  readonly preset: string;
  readonly method: Method;
  readonly form: FormId;
  readonly system: string;
  readonly closing: string;
  readonly chatFormat: string;
  readonly examples: RunPlan['examples'];
  readonly order: RunPlan['order'];
  readonly seed: number;
  readonly subjects: readonly string[];
  readonly splits: readonly string[];
  /** 0: all. */
  readonly limit: number;
  readonly draw: boolean;
}

export interface DraftSet {
  readonly id: string;
  readonly title: string;
  readonly sha256: string;
  readonly format: string;
  readonly run: { readonly method: Method['kind']; readonly form: string } | null;
  readonly splits: readonly { readonly name: string }[];
}

export const WRITTEN: Extract<Method, { kind: 'written' }> = {
  kind: 'written',
  extraction: 'letter-or-text',
  chainOfThought: false,
  temperature: 0,
  topP: 1,
  maxTokens: 64,
  branches: 1,
};

/** The same for a model that can't score options. */
export function asWritten(draft: RunDraft): RunDraft {
  return draft.method.kind === 'written' ? draft : { ...draft, preset: '', method: WRITTEN };
}

/** What a new run of the set starts with: its own advice, else the first preset for its format, else the chat's letters. */
export function firstDraft(set: DraftSet, modelId: string): RunDraft {
  const advised = PRESETS.find(
    ({ method, form }) => method.kind === set.run?.method && form === set.run.form,
  );
  const fitting = PRESETS.find(({ formats }) => formats.includes(set.format) && set.format !== 'own');
  const preset = advised ?? fitting ?? PRESETS.find(({ id }) => id === 'chat-letters');
  const draft: RunDraft = {
    preset: '',
    method: { kind: 'option-letters' },
    form: 'chat',
    system: '',
    closing: '',
    chatFormat: promptDefaultsFor(modelId).format,
    examples: { k: 0, seed: 1234, split: '', pick: 'random', ids: [] },
    order: 'as-given',
    seed: 1234,
    subjects: [],
    // Training items are for examples; a set without splits has all its items in none.
    splits: set.splits.some(({ name }) => name === 'test') ? ['test'] : [],
    limit: 0,
    draw: false,
  };
  return preset ? withPreset(draft, preset, set, modelId) : draft;
}

export function withPreset(
  draft: RunDraft,
  preset: Preset,
  set: Pick<DraftSet, 'splits'>,
  modelId: string,
): RunDraft {
  const defaults = promptDefaultsFor(modelId);
  const split = set.splits.some(({ name }) => name === preset.examples.split) ? preset.examples.split : '';
  return {
    ...draft,
    preset: preset.id,
    method: preset.method,
    form: preset.form,
    system: preset.form === 'chat' ? defaults.systemText : preset.system,
    closing: preset.closing,
    chatFormat: defaults.format,
    examples: { ...preset.examples, split, ids: [] },
  };
}

export interface PreparedRun {
  readonly plan: RunPlan;
  /** Questions in all. */
  readonly total: number;
}

/**
 * The examples are drawn first, so that none of them is asked; unless they were chosen by hand.
 * @throws AppError `exams/no-key`, `exams/too-few-examples`.
 */
export function prepareRun(set: DraftSet, items: readonly Item[], draft: RunDraft): PreparedRun {
  const { k, seed, split, pick, ids } = draft.examples;
  const byId = new Map(items.map((item) => [item.id, item]));
  const chosen =
    k === 0 || pick === 'first-of-subject'
      ? []
      : ids.length === k && ids.every((id) => byId.has(id))
        ? ids
        : chooseExamples(items, { k, seed, split, pick }).map((item) => item.id);
  const bySubject = k > 0 && pick === 'first-of-subject';
  const except = new Set(bySubject ? examplesOfSubjects(items, k, split).map((item) => item.id) : chosen);
  const asked = chooseItems(items, { ...draft, except });
  // Said now, rather than amid the run.
  if (bySubject)
    for (const subject of new Set(asked.map((item) => item.subject)))
      examplesOfSubject(items, subject, k, split);
  const plan = runPlanSchema.parse({
    setId: set.id,
    setTitle: set.title,
    setSha256: set.sha256,
    filter: { subjects: draft.subjects, splits: draft.splits },
    itemIds: asked.map((item) => item.id),
    preset: draft.preset,
    method: draft.method,
    form: draft.form,
    system: draft.system,
    closing: draft.closing,
    chatFormat: draft.chatFormat,
    examples: { k, seed, split, pick, ids: chosen },
    order: draft.order,
    seed: draft.seed,
  });
  const counts = new Map(asked.map((item) => [item.id, item.options.length]));
  return { plan, total: presentationsOf(plan, counts).length };
}

/**
 * A plan once more, on its set as that is now: the new run's rows are of these questions, and its hash says so. What has lost its key
 * since is not asked.
 * @throws AppError `exams/not-found` when a question or an example is gone, `exams/no-key`, `exams/too-few-examples`.
 */
export function prepareAgain(
  set: Pick<DraftSet, 'id' | 'title' | 'sha256'>,
  items: readonly Item[],
  plan: RunPlan,
): PreparedRun {
  const byId = new Map(items.map((item) => [item.id, item]));
  for (const itemId of [...plan.itemIds, ...plan.examples.ids])
    if (!byId.has(itemId)) throw new AppError('exams/not-found', `the set has no item ${itemId}`, { itemId });
  const { k, split, pick } = plan.examples;
  const bySubject = k > 0 && pick === 'first-of-subject';
  const shown = new Set(bySubject ? examplesOfSubjects(items, k, split).map(({ id }) => id) : []);
  const asked = plan.itemIds
    .flatMap((id) => byId.get(id) ?? [])
    .filter(({ id, answer }) => answer.length > 0 && !shown.has(id));
  if (asked.length === 0) throw new AppError('exams/no-key', 'no question of the run has a key any more');
  if (bySubject)
    for (const subject of new Set(asked.map((item) => item.subject)))
      examplesOfSubject(items, subject, k, split);
  const again: RunPlan = {
    ...plan,
    setId: set.id,
    setTitle: set.title,
    setSha256: set.sha256,
    itemIds: asked.map(({ id }) => id),
  };
  return {
    plan: again,
    total: presentationsOf(again, new Map(asked.map((item) => [item.id, item.options.length]))).length,
  };
}
