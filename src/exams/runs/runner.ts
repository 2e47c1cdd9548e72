/**
 * Works through a run, one question at a time, each result stored before the next is put. It can be paused, and goes on from the
 * questions that have no result: after a pause, a reload or a crash alike. Free of React, the database and the engine.
 */
import type { LoadedModel, ServerInUse } from '../../engine/port.ts';
import type { Turn } from '../../engine/tab/turns.ts';
import { AppError, isAbort } from '../../errors/app-error.ts';
import type { Item } from '../items/item.ts';
import { ask, showAsGiven, type AskEngine } from './ask.ts';
import type { Shown } from './forms.ts';
import { examplesOfSubject, presentationsOf } from './run-plan.ts';
import type { Result, Run, RunModel } from './result.ts';

export interface RunStore {
  /** Every item of the set, by id. */
  items(setId: string): Promise<ReadonlyMap<string, Item>>;
  /** The questions of this run that have a result. */
  answered(runId: string): Promise<ReadonlySet<number>>;
  /** Keeps a result, with its prefix when that is new. Resolves when it is on the disk. */
  keep(result: Result, newPrefix: { readonly key: string; readonly text: string } | null): Promise<void>;
  update(runId: string, change: Partial<Pick<Run, 'state' | 'model' | 'finishedAt'>>): Promise<void>;
}

export interface RunEngine extends AskEngine {
  loaded(): LoadedModel | null;
}

export interface RunnerParts {
  readonly store: RunStore;
  readonly engine: RunEngine;
  readonly takeTurn: (signal: AbortSignal) => Promise<Turn>;
  readonly now: () => number;
}

/**
 * Runs until all questions are answered or `signal` aborts; the run's state follows.
 * @param onResult after each result is stored.
 * @throws AppError `exams/not-found`, `exams/other-model`, `engine/*`, `storage/*`: the run is then paused.
 */
export async function carryOut(
  run: Run,
  parts: RunnerParts,
  signal: AbortSignal,
  onResult: (result: Result) => void,
): Promise<void> {
  const { store, now } = parts;
  await store.update(run.id, { state: 'running' });
  try {
    const items = await store.items(run.plan.setId);
    const questions = presentationsOf(
      run.plan,
      new Map([...items].map(([id, item]) => [id, item.options.length])),
    );
    const answered = await store.answered(run.id);
    const examples = exampleSource(run, items);
    let model = run.model;
    const keys = new Map(Object.entries(run.prefixes).map(([key, text]) => [text, key]));
    let left = questions.filter(({ n }) => !answered.has(n)).length;
    for (const question of questions) {
      if (answered.has(question.n)) continue;
      if (signal.aborted) break;
      const item = items.get(question.itemId);
      if (!item)
        throw new AppError('exams/not-found', 'an item of the run was deleted', { itemId: question.itemId });
      const { answer, loaded } = await inTurn(parts, signal, async (turnSignal) => {
        const here = requireModel(model, parts.engine);
        const given = await ask(
          parts.engine,
          run.plan,
          examples(item),
          item,
          question,
          here.contextLength,
          turnSignal,
          now,
        );
        return { answer: given, loaded: here };
      });
      if (model === null) {
        model = runModel(loaded);
        await store.update(run.id, { model });
      }
      const { rendered, ...facts } = answer;
      const known = keys.get(rendered.prefix);
      const key = known ?? String(keys.size);
      const result: Result = { ...facts, runId: run.id, prefixKey: key, prompt: rendered.own };
      await store.keep(result, known === undefined ? { key, text: rendered.prefix } : null);
      keys.set(rendered.prefix, key);
      left -= 1;
      onResult(result);
    }
    // A pause after the last answer interrupts nothing.
    await store.update(run.id, left > 0 ? { state: 'paused' } : { state: 'done', finishedAt: now() });
  } catch (thrown) {
    await store.update(run.id, { state: 'paused' });
    if (!(isAbort(thrown) && signal.aborted)) throw thrown;
  }
}

/** Takes a turn and works; when a person needs the model, lets go and does the work again. */
async function inTurn<T>(
  { takeTurn }: RunnerParts,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  for (;;) {
    const turn = await takeTurn(signal);
    try {
      return await work(AbortSignal.any([signal, turn.wanted]));
    } catch (thrown) {
      if (!isAbort(thrown) || signal.aborted || !turn.wanted.aborted) throw thrown;
    } finally {
      turn.end();
    }
  }
}

/** @throws AppError `engine/not-loaded`, `exams/other-model`. */
function requireModel(model: RunModel | null, engine: RunEngine): LoadedModel {
  const loaded = engine.loaded();
  if (!loaded) throw new AppError('engine/not-loaded', 'a run needs a loaded model');
  if (model && !sameModel(model, loaded)) {
    throw new AppError(
      'exams/other-model',
      `the run is of ${model.displayName}, loaded is ${loaded.displayName}`,
      {
        run: model.displayName,
        loaded: loaded.displayName,
      },
    );
  }
  return loaded;
}

/** The same weights on the same engine: anything else would mix two measurements in one run. */
function sameModel(model: RunModel, loaded: LoadedModel): boolean {
  return (
    model.modelId === loaded.modelId &&
    model.engine === loaded.engine &&
    model.quantization === loaded.quantization &&
    model.sourceSha256 === loaded.sourceSha256 &&
    model.backend === loaded.backend &&
    // A server's name stays when it is told to write with another model.
    (model.server === undefined ||
      (model.server.host === loaded.server?.host && model.server.model === loaded.server.model))
  );
}

function runModel(loaded: LoadedModel): RunModel {
  return {
    modelId: loaded.modelId,
    displayName: loaded.displayName,
    quantization: loaded.quantization,
    engine: loaded.engine,
    engineVersion: loaded.engineVersion,
    backend: loaded.backend,
    adapter: loaded.adapter,
    source: loaded.source,
    sourceSha256: loaded.sourceSha256,
    librarySha256: loaded.librarySha256,
    contextLength: loaded.contextLength,
    ...(loaded.server && { server: serverOf(loaded.server) }),
  };
}

function serverOf({ name, host, model, fingerprint }: ServerInUse): RunModel['server'] {
  return { name, host, model, fingerprint };
}

/** The examples of an item, rendered once. @throws AppError `exams/not-found` when one was deleted, `exams/too-few-examples`. */
export function exampleSource(
  { plan }: Pick<Run, 'plan'>,
  items: ReadonlyMap<string, Item>,
): (item: Item) => readonly Shown[] {
  const { k, pick, split, ids } = plan.examples;
  if (k === 0) return () => [];
  if (pick !== 'first-of-subject') {
    const fixed = ids.map((id) => {
      const item = items.get(id);
      if (!item) throw new AppError('exams/not-found', 'an example of the run was deleted', { itemId: id });
      return showAsGiven(item);
    });
    return () => fixed;
  }
  const bySubject = new Map<string, readonly Shown[]>();
  const all = [...items.values()];
  return ({ subject }) => {
    const known = bySubject.get(subject);
    if (known) return known;
    const found = examplesOfSubject(all, subject, k, split).map(showAsGiven);
    bySubject.set(subject, found);
    return found;
  };
}
