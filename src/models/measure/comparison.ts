/** Which way of running a model was faster on this machine: measured once, kept by adapter and build of the app. */
import type { Backend } from '../../engine/port.ts';
import { AppError } from '../../errors/app-error.ts';
import { z } from '../../lib/zod.ts';
import type { Speeds } from './trial.ts';

const KEY = 'meditron-speeds';
/** Models, forms and adapters of one browser. */
const MAX_MEASURED = 60;
/** A turn of a conversation: what is read and what is written. */
const TURN = { reads: 300, writes: 200 };
/** Less than this is within what two runs of the same differ by. */
const CLEAR = 1.1;

const measured = z.object({
  adapter: z.string().max(500),
  /** Version and commit of the app: another build may run otherwise. */
  build: z.string().max(200),
  modelId: z.string().max(200),
  form: z.string().max(40),
  backend: z.enum(['webgpu', 'cpu', 'server']),
  prefill: z.number().positive(),
  /** null: it wrote too slowly to be measured. */
  decode: z.number().positive().nullable(),
  at: z.number(),
});

export type Measured = Readonly<z.infer<typeof measured>>;

export function measuredFrom(
  about: Pick<Measured, 'adapter' | 'build' | 'modelId' | 'form' | 'at'> & { readonly backend: Backend },
  speeds: Speeds | null,
): Measured | null {
  if (speeds === null || speeds.prefillTokensPerSecond <= 0) return null;
  return { ...about, prefill: speeds.prefillTokensPerSecond, decode: speeds.decodeTokensPerSecond };
}

/** @throws AppError `models/not-measured`, naming the forms that gave no speed. */
export function assertAllMeasured(forms: readonly string[], all: readonly Measured[]): void {
  const missing = forms.filter((form) => !all.some((each) => each.form === form));
  if (missing.length > 0)
    throw new AppError('models/not-measured', 'No token came in time', { forms: missing.join(', ') });
}

/** @returns what is there and whole. */
export function readMeasured(storage: Pick<Storage, 'getItem'>): readonly Measured[] {
  let raw: unknown;
  try {
    raw = JSON.parse(storage.getItem(KEY) ?? '[]');
  } catch {
    return []; // forbidden, or written by something else
  }
  if (!Array.isArray(raw)) return [];
  return raw.slice(-MAX_MEASURED).flatMap((each: unknown) => {
    const parsed = measured.safeParse(each);
    return parsed.success ? [parsed.data] : [];
  });
}

/** In place of what was measured of the same before. @returns all. */
export function keepMeasured(
  storage: Pick<Storage, 'getItem' | 'setItem'>,
  fresh: readonly Measured[],
): readonly Measured[] {
  const others = readMeasured(storage).filter((old) => !fresh.some((each) => sameThing(each, old)));
  const all = [...others, ...fresh].slice(-MAX_MEASURED);
  try {
    storage.setItem(KEY, JSON.stringify(all));
  } catch {
    // It is shown all the same, and measured anew another time.
  }
  return all;
}

type Thing = Pick<Measured, 'adapter' | 'build' | 'modelId' | 'form'>;

function sameThing(a: Thing, b: Thing): boolean {
  return a.adapter === b.adapter && a.build === b.build && a.modelId === b.modelId && a.form === b.form;
}

export function find(all: readonly Measured[], wanted: Thing): Measured | null {
  return all.find((each) => sameThing(each, wanted)) ?? null;
}

/** Seconds a turn takes; infinite where it writes too slowly to be measured. */
export function secondsOfTurn({ prefill, decode }: Pick<Measured, 'prefill' | 'decode'>): number {
  return decode === null ? Number.POSITIVE_INFINITY : TURN.reads / prefill + TURN.writes / decode;
}

/** @returns the form that answers clearly sooner; null: there is no telling them apart. */
export function faster(a: Measured, b: Measured): Measured | null {
  const [of, to] = [secondsOfTurn(a), secondsOfTurn(b)];
  if (of * CLEAR <= to && of !== to) return a;
  return to * CLEAR <= of && of !== to ? b : null;
}
