/** The runs of this tab: one at a time, those that wait behind it, and how far the one at work is. */
import { create } from 'zustand';
import type { Store } from '../../conversations/data/store.ts';
import type { GenerationWaiting } from '../../engine/port.ts';
import { engineTurns } from '../../engine/tab/turns.ts';
import { AppError, toAppError } from '../../errors/app-error.ts';
import { deleteRun, getRun, readResults, runStore } from '../data/run-repository.ts';
import type { Result, Run } from './result.ts';
import { carryOut, type RunEngine } from './runner.ts';

export interface RunProgress {
  readonly runId: string;
  readonly total: number;
  /** Questions with a result, and of those asked the right ones. */
  readonly done: number;
  readonly asked: number;
  readonly right: number;
  /** Since this start: what the rate is made of. */
  readonly doneHere: number;
  readonly sinceMs: number;
}

interface RunServiceState {
  readonly active: RunProgress | null;
  /** Run ids that wait for their turn. */
  readonly waiting: readonly string[];
  readonly errors: ReadonlyMap<string, AppError>;
  /** Why a server has not answered the question at hand; null: it has, or the model is not on one. */
  readonly serverWaiting: GenerationWaiting | null;
}

export const useRunService = create<RunServiceState>(() => ({
  active: null,
  waiting: [],
  errors: new Map(),
  serverWaiting: null,
}));

export function tellServerWaiting(serverWaiting: GenerationWaiting | null): void {
  if (useRunService.getState().serverWaiting !== serverWaiting) useRunService.setState({ serverWaiting });
}

/** Of the runs that were started and neither paused nor over: what stops each. */
const stops = new Map<string, AbortController>();
/** The one run at work, from its turn until it writes nothing more. */
const works = new Map<string, Promise<void>>();
let line: Promise<void> = Promise.resolve();

/** Starts or resumes a run, behind those that were started before. Nothing happens while it is at work or waits already. */
export function startRun(store: Store, engine: RunEngine, run: Run): void {
  if (stops.has(run.id)) return;
  const stop = new AbortController();
  stops.set(run.id, stop);
  setError(run.id, null);
  useRunService.setState(({ waiting }) => ({ waiting: [...waiting, run.id] }));
  line = line.then(async () => {
    // Paused while it waited; it may wait again further down the line.
    if (stop.signal.aborted) return;
    stopWaiting(run.id);
    const task = turnOf(store, engine, run.id, stop);
    works.set(run.id, task);
    await task;
    works.delete(run.id);
  });
}

/** Rejects never: what goes wrong is the run's error. */
async function turnOf(store: Store, engine: RunEngine, runId: string, stop: AbortController): Promise<void> {
  try {
    await alone(runId, () => work(store, engine, runId, stop.signal));
  } catch (thrown) {
    setError(runId, toAppError(thrown));
  } finally {
    // Not that of a later start, which stands in line already.
    if (stops.get(runId) === stop) stops.delete(runId);
    useRunService.setState({ active: null });
  }
}

/** Ends the work on a run after the question at hand is given up; it can be resumed. */
export function pauseRun(runId: string): void {
  stops.get(runId)?.abort();
  stops.delete(runId);
  stopWaiting(runId);
}

/** Ends a run for good and keeps what it has. Waits for its own work only, not for the run before it. */
export async function cancelRun(store: Store, runId: string): Promise<void> {
  pauseRun(runId);
  await works.get(runId);
  // Its last answer may have come meanwhile.
  if ((await getRun(store, runId))?.state === 'done') return;
  await runStore(store).update(runId, { state: 'cancelled' });
}

/** Deletes a run; waits as `cancelRun` does. */
export async function removeRun(store: Store, runId: string): Promise<void> {
  pauseRun(runId);
  await works.get(runId);
  await deleteRun(store, runId);
}

function stopWaiting(runId: string): void {
  useRunService.setState(({ waiting }) => ({ waiting: waiting.filter((id) => id !== runId) }));
}

/** @throws AppError `exams/not-found` when it was deleted while it waited, and what `carryOut` throws. */
async function work(store: Store, engine: RunEngine, runId: string, signal: AbortSignal): Promise<void> {
  // As it is now: while it waited it was worked on, ended or deleted, in this tab or another.
  const run = await getRun(store, runId);
  if (!run) throw new AppError('exams/not-found', `no run ${runId}`, { runId });
  if (run.state === 'done' || run.state === 'cancelled') return;
  const before = await readResults(store, run.id);
  let progress: RunProgress = {
    runId: run.id,
    total: run.total,
    done: before.length,
    asked: before.filter(({ status }) => status === 'answered').length,
    right: before.filter(isRight).length,
    doneHere: 0,
    sinceMs: performance.now(),
  };
  useRunService.setState({ active: progress });
  await carryOut(
    run,
    {
      store: runStore(store),
      engine,
      takeTurn: (stop) => engineTurns.take('background', stop),
      now: () => Date.now(),
    },
    signal,
    (result) => {
      progress = {
        ...progress,
        done: progress.done + 1,
        asked: progress.asked + (result.status === 'answered' ? 1 : 0),
        right: progress.right + (isRight(result) ? 1 : 0),
        doneHere: progress.doneHere + 1,
      };
      useRunService.setState({ active: progress });
    },
  );
}

/** Two tabs must not answer the same questions. @throws AppError `engine/in-use-elsewhere` */
async function alone(runId: string, task: () => Promise<void>): Promise<void> {
  // Missing on insecure origins in spite of its type.
  const locks = (navigator as { readonly locks?: LockManager }).locks;
  if (!locks) return task();
  await locks.request(`meditron-run-${runId}`, { ifAvailable: true }, async (lock) => {
    if (lock === null) throw new AppError('engine/in-use-elsewhere', 'another tab works on this run');
    await task();
  });
}

function isRight({ chosen, right }: Pick<Result, 'chosen' | 'right'>): boolean {
  return chosen !== null && right.includes(chosen);
}

function setError(runId: string, error: AppError | null): void {
  useRunService.setState(({ errors }) => {
    const next = new Map(errors);
    if (error === null) next.delete(runId);
    else next.set(runId, error);
    return { errors: next };
  });
}
