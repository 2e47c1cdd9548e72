/** Whether a file's numeric keys count its options from 0 or from 1: no single key tells, all of them together mostly do. */

/** A key, and how many options its item has. */
export interface NumberedKey {
  readonly key: number;
  readonly options: number;
}

export interface KeyBase {
  readonly from: 0 | 1;
  /** `zero`, `last`: what only one counting has occurs. `both`: no counting allows it. `neither`: each does. `none`: no keys. */
  readonly by: 'zero' | 'last' | 'both' | 'neither' | 'none';
}

/** @param usual what is taken where the keys do not tell. */
export function keyBase(keys: Iterable<NumberedKey>, usual: 0 | 1): KeyBase {
  let zero = false;
  let last = false;
  let any = false;
  for (const { key, options } of keys) {
    any = true;
    zero ||= key === 0;
    last ||= key === options;
    if (zero && last) return { from: usual, by: 'both' };
  }
  if (zero) return { from: 0, by: 'zero' };
  if (last) return { from: 1, by: 'last' };
  return { from: usual, by: any ? 'neither' : 'none' };
}

/** What a person should know of a counting that is not the format's own or that nothing tells, in a sentence; empty: nothing. */
export function keyBaseNote({ from, by }: KeyBase, field: string, usual: 0 | 1): string {
  const taken = `${from} was taken for option A`;
  if (by === 'both')
    return `${field} holds both 0 and the number of the last option, which no counting allows; ${taken}.`;
  if (by === 'neither')
    return `${field} holds neither 0 nor the number of the last option, so both countings fit; ${taken}. Look at a question whose answer you know.`;
  return by === 'none' || from === usual ? '' : `${field} counts from ${from}, so ${taken}.`;
}
