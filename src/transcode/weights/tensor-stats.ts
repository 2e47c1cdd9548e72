import type { TensorError } from '../run/workers/conversion-port.ts';
import { GROUP } from '../../formats/mlc-package/group.ts';
import type { TensorPlan } from '../plan/plan-package.ts';

interface Contribution {
  readonly key: number;
  readonly squaredError: number;
  readonly energy: number;
  readonly exactGroups: number;
}

/** More jobs than any tensor has: keys of different parts never meet. */
const PART_STRIDE = 2 ** 24;

/** Collects what each job did to a tensor. Sums are added in job order, so that they don't depend on who finished first. */
export class TensorStats {
  readonly #open = new Map<string, { contributions: Contribution[]; missing: number }>();
  readonly #done: Map<string, TensorError>;

  constructor(done: Readonly<Record<string, TensorError>>) {
    this.#done = new Map(Object.entries(done));
  }

  /** @param weights how many weights of the tensor this covers */
  add(
    tensor: TensorPlan,
    part: number,
    job: number,
    weights: number,
    sums: { readonly squaredError: number; readonly energy: number; readonly exactGroups: number },
  ): void {
    let entry = this.#open.get(tensor.name);
    if (entry === undefined) {
      entry = { contributions: [], missing: weightsOf(tensor) };
      this.#open.set(tensor.name, entry);
    }
    entry.contributions.push({ key: part * PART_STRIDE + job, ...sums });
    entry.missing -= weights;
    if (entry.missing > 0) return;
    this.#open.delete(tensor.name);
    let squaredError = 0;
    let energy = 0;
    let exactGroups = 0;
    for (const contribution of entry.contributions.sort((a, b) => a.key - b.key)) {
      squaredError += contribution.squaredError;
      energy += contribution.energy;
      exactGroups += contribution.exactGroups;
    }
    this.#done.set(tensor.name, { squaredError, energy, exactGroups, groups: groupsOf(tensor) });
  }

  get(name: string): TensorError | null {
    return this.#done.get(name) ?? null;
  }

  /** Finished tensors, for the journal. */
  toJson(): Record<string, TensorError> {
    return Object.fromEntries(this.#done);
  }
}

function weightsOf(tensor: TensorPlan): number {
  return tensor.kind === 'vector' ? tensor.vector.length : tensor.rows * tensor.cols;
}

function groupsOf(tensor: TensorPlan): number {
  return tensor.kind === 'vector' ? 0 : (tensor.rows * tensor.cols) / GROUP;
}
