/** Lets generations and scorings of one model run one after the other, in the order they were asked for. */
export class ExclusiveWork {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined); // whoever awaits `result` sees the error
    return result;
  }
}
