/**
 * How much a transcript may cost to draw. A link of a few kilobytes can inflate to a million elements; what goes beyond is shown
 * as it was written. A budget is shared by all messages of a view or file, and counts what is drawn at a time.
 */
import { createContext } from 'react';

/** In elements, about: a chat of two thousand full replies has half of it. Browsers lay out as many in seconds. */
const MAX_TRANSCRIPT_ELEMENTS = 300_000;
/** Of parsing, all together: beyond it somebody waits for a text that was made to make them wait. */
const MAX_TRANSCRIPT_MS = 20_000;
/** One message's share: ten times the longest reply a window of 2048 tokens has. */
const MAX_MESSAGE_ELEMENTS = 6000;
/** What of a message is looked at as Markdown at all, in characters. */
export const MAX_MESSAGE_CHARACTERS = 100_000;
/** And in blocks: each is an element and a component, also where it is shown as it was written. */
export const MAX_MESSAGE_BLOCKS = 1500;
/** One block's share. It is drawn in one go, so this keeps that under a few frames. */
export const MAX_BLOCK_ELEMENTS = 2000;
/** What trying cost where it was given up. */
export const REFUSED_ELEMENTS = 500;
/** A formula has as many elements, at least, and must be typeset. */
export const FORMULA_ELEMENTS = 30;

export interface RenderBudget {
  /**
   * Takes an amount for what is known by `key`, in place of what it took before.
   * @returns whether there was enough; if not, nothing is taken.
   */
  spend(key: string, elements: number): boolean;
  /** Time that drawing took. */
  addTime(milliseconds: number): void;
  /** What was drawn is no longer in the page. */
  release(key: string): void;
}

export interface Limits {
  readonly elements: number;
  readonly milliseconds: number;
}

const TRANSCRIPT: Limits = { elements: MAX_TRANSCRIPT_ELEMENTS, milliseconds: MAX_TRANSCRIPT_MS };

/** @param limits of a whole transcript unless given */
export function createRenderBudget(limits: Limits = TRANSCRIPT): RenderBudget {
  const taken = new Map<string, number>();
  let elements = 0;
  let time = 0;
  return {
    spend(key, amount) {
      const before = taken.get(key) ?? 0;
      if (time > limits.milliseconds || elements - before + amount > limits.elements) return false;
      taken.set(key, amount);
      elements += amount - before;
      return true;
    },
    addTime(milliseconds) {
      time += milliseconds;
    },
    release(key) {
      elements -= taken.get(key) ?? 0;
      taken.delete(key);
    },
  };
}

/** For files: what is written stays in them, whether or not it is still in a page. */
export function createLastingBudget(limits: Limits = TRANSCRIPT): RenderBudget {
  return { ...createRenderBudget(limits), release: () => undefined };
}

/** A message's share of a transcript's budget. */
export function createMessageBudget(transcript: RenderBudget | null): RenderBudget {
  const own = createRenderBudget({ elements: MAX_MESSAGE_ELEMENTS, milliseconds: MAX_TRANSCRIPT_MS });
  if (!transcript) return own;
  return {
    spend: (key, elements) => own.spend(key, elements) && transcript.spend(key, elements),
    addTime(milliseconds) {
      transcript.addTime(milliseconds);
    },
    release(key) {
      own.release(key);
      transcript.release(key);
    },
  };
}

/** The transcript's budget; null: each message for itself. */
export const RenderBudgetContext = createContext<RenderBudget | null>(null);
