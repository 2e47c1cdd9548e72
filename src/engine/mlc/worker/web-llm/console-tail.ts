/** Errors thrown in C++ reach JavaScript as "unreachable"; what they said is only in the console. This keeps its end. */

const LINES = 12;
const LINE_LENGTH = 400;

export class ConsoleTail {
  readonly #lines: string[] = [];

  /** Records errors and warnings of this console from now on, and still prints them. */
  constructor(target: Pick<Console, 'error' | 'warn' | 'log'>) {
    for (const level of ['error', 'warn', 'log'] as const) {
      const print = target[level].bind(target);
      target[level] = (...parts: unknown[]) => {
        this.#add(parts);
        print(...parts);
      };
    }
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  #add(parts: readonly unknown[]): void {
    this.#lines.push(parts.map(String).join(' ').slice(0, LINE_LENGTH));
    if (this.#lines.length > LINES) this.#lines.shift();
  }
}
