/** A binary heap: what comes before all others is popped first. */
export class Heap<T extends object> {
  readonly #heap: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  push(item: T): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (!above || !this.#before(item, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = item;
  }

  pop(): T | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (!top || !last || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const [l, r] = [heap[left], heap[left + 1]];
      if (!l) break;
      const [child, index] = r && this.#before(r, l) ? [r, left + 1] : [l, left];
      if (!this.#before(child, last)) break;
      heap[at] = child;
      at = index;
    }
    heap[at] = last;
    return top;
  }
}
