/**
 * A language model of a few lines for test servers: every word is a token, and what may follow depends on the words before in a
 * way that is fixed and easy to compute, so that log-probabilities can be known exactly.
 */

/** Splits as SentencePiece does, spaces to the word behind them. */
export function pieces(text: string): readonly string[] {
  return text.match(/\s?[^\s]+|\s+$/g) ?? [];
}

export interface ToySampling {
  readonly temperature: number;
  readonly topK: number;
  readonly repetitionPenalty: number;
}

export class ToyModel {
  readonly #ids = new Map<string, number>();
  readonly #words: string[] = ['<s>', '</s>'];

  encode(text: string): readonly number[] {
    return pieces(text).map((word) => this.#id(word));
  }

  word(id: number): string {
    return this.#words[id] ?? '';
  }

  /** What it writes after tokens, BOS (0) among them: depends on all of them, so that replies can be told apart. */
  greedy(before: readonly number[]): number {
    const last = before.at(-1);
    // It copies what it was told three times, as every model does.
    if (last !== undefined && last === before.at(-2) && last === before.at(-3)) return last;
    return this.#other(before);
  }

  /** @param sampling as far as a server that runs it honours it. */
  next(before: readonly number[], sampling: ToySampling): number {
    const likeliest = this.greedy(before);
    const pushed =
      sampling.repetitionPenalty > 2 && before.includes(likeliest) ? this.#other(before) : likeliest;
    if (sampling.temperature < 10 || sampling.topK === 1) return pushed;
    return this.#id(` r${String(sum(before) % 89)}`);
  }

  #other(before: readonly number[]): number {
    return this.#id(` w${String((sum(before) * 31) % 97)}`);
  }

  /** Natural logarithm of the probability of a token after others; the greedy one's is near 0. */
  logprob(before: readonly number[], id: number): number {
    return id === this.greedy(before)
      ? -0.05 - (sum(before) % 10) / 100
      : -3 - ((id * 13 + sum(before)) % 50) / 10;
  }

  #id(word: string): number {
    const known = this.#ids.get(word);
    if (known !== undefined) return known;
    this.#words.push(word);
    this.#ids.set(word, this.#words.length - 1);
    return this.#words.length - 1;
  }
}

function sum(ids: readonly number[]): number {
  return ids.reduce((total, id, index) => (total * 3 + id + index) % 100_003, 0);
}
