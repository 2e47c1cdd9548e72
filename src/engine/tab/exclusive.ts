/**
 * One large model per machine. Two tabs with Meditron-7B would take 8 GB of graphics memory and read 8 GB from disk for
 * nothing, so a large model is loaded under a Web Lock that all tabs of this origin share. A second tab is told who holds it
 * and can take over: the holder is asked to unload, and where it does not answer (a frozen or hung tab) the lock is stolen.
 */
import { AppError, isAbort } from '../../errors/app-error.ts';

const LOCK = 'meditron-engine';
const CHANNEL = 'meditron-engine';
/** Unloading is quick; a tab that takes longer is frozen or hung. */
const POLITE_MS = 10_000;
/** Time for a live holder to say which model it has, only for the message a person reads. */
const ASK_MS = 300;

/** Messages between tabs. Others' tabs may run another version: what is not understood is ignored. */
type TabMessage =
  | { readonly type: 'who' }
  | { readonly type: 'holder'; readonly displayName: string }
  | { readonly type: 'let-go' };

export interface MachineClaim {
  /** Lets other tabs have the machine. Safe to call twice. */
  release(): void;
}

export interface ClaimOptions {
  /** What other tabs are told is loaded here. */
  readonly displayName: string;
  /**
   * Another tab takes over: free the model, and say so to the person. The machine is given away when the promise settles, or
   * at once when the lock was stolen (then another tab is loading already).
   */
  readonly onLetGo: () => Promise<void> | void;
  /** Asks the present holder to unload instead of failing. */
  readonly takeOver?: boolean;
  readonly signal?: AbortSignal;
}

export interface ExclusiveEnvironment {
  readonly locks: Pick<LockManager, 'request'>;
  readonly openChannel: () => Pick<BroadcastChannel, 'postMessage' | 'close' | 'addEventListener'>;
}

/**
 * Claims the machine for a model if it is large.
 * @param weightBytes what it takes of this machine.
 * @returns the claim, `held` if this tab has it already; null for a small model.
 * @throws AppError as `claimMachine`.
 */
export type ClaimForModel = (
  weightBytes: number,
  how: ClaimOptions & { readonly held: MachineClaim | null },
) => Promise<MachineClaim | null>;

/**
 * Claims the machine for a large model, until `release`.
 * @throws AppError `engine/in-use-elsewhere` (`details.displayName` of what runs there, empty when that tab does not answer),
 * or `aborted`.
 */
export async function claimMachine(
  options: ClaimOptions,
  environment: ExclusiveEnvironment | null = browserEnvironment(),
): Promise<MachineClaim> {
  options.signal?.throwIfAborted();
  // Without Web Locks (no secure context) there is no WebGPU either: nothing large can run, in this tab or another.
  if (!environment) return { release: () => undefined };
  const claim = new Claim(options, environment);
  await claim.acquire();
  return claim;
}

class Claim implements MachineClaim {
  readonly #options: ClaimOptions;
  readonly #environment: ExclusiveEnvironment;
  readonly #channel: ReturnType<ExclusiveEnvironment['openChannel']>;
  #release: (() => void) | null = null;
  #heardHolder: (displayName: string) => void = () => undefined;

  constructor(options: ClaimOptions, environment: ExclusiveEnvironment) {
    this.#options = options;
    this.#environment = environment;
    this.#channel = environment.openChannel();
    this.#channel.addEventListener('message', (event) => {
      this.#hear((event as MessageEvent<unknown>).data);
    });
  }

  async acquire(): Promise<void> {
    try {
      if (await this.#request({ ifAvailable: true })) return;
      if (!this.#options.takeOver) throw await this.#inUse();
      this.#say({ type: 'let-go' });
      const patience = new AbortController();
      const timer = setTimeout(() => patience.abort(), POLITE_MS);
      const stop = this.#options.signal;
      const granted = await this.#request({
        signal: stop ? AbortSignal.any([patience.signal, stop]) : patience.signal,
      }).finally(() => clearTimeout(timer));
      if (granted) return;
      await this.#request({ steal: true });
    } catch (thrown) {
      this.#channel.close();
      throw thrown;
    }
  }

  release(): void {
    this.#release?.();
    this.#release = null;
    this.#channel.close();
  }

  /** @returns whether the lock was granted; it is held until `release`. @throws AppError `aborted`. */
  #request(how: LockOptions): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const held = this.#environment.locks.request(LOCK, how, (lock) => {
        if (lock === null) {
          resolve(false);
          return undefined;
        }
        if (this.#options.signal?.aborted) return undefined;
        return new Promise<void>((release) => {
          this.#release = release;
          resolve(true);
        });
      });
      held.then(
        () => resolve(false),
        (thrown: unknown) => {
          // Rejected after it was granted: another tab stole it, which then loads already.
          if (this.#release) this.#letGo();
          else if (this.#options.signal?.aborted) reject(new AppError('aborted', 'Taking over was stopped'));
          else if (isAbort(thrown)) resolve(false);
          else reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
        },
      );
    });
  }

  async #inUse(): Promise<AppError> {
    const displayName = await new Promise<string>((resolve) => {
      this.#heardHolder = resolve;
      setTimeout(() => resolve(''), ASK_MS);
      this.#say({ type: 'who' });
    });
    return new AppError('engine/in-use-elsewhere', 'Another tab holds the model', { displayName });
  }

  #letGo(): void {
    void Promise.resolve(this.#options.onLetGo()).then(
      () => this.release(),
      () => this.release(),
    );
  }

  #hear(data: unknown): void {
    const message = readMessage(data);
    if (message?.type === 'holder') this.#heardHolder(message.displayName);
    if (!this.#release) return;
    if (message?.type === 'who') this.#say({ type: 'holder', displayName: this.#options.displayName });
    if (message?.type === 'let-go') this.#letGo();
  }

  #say(message: TabMessage): void {
    this.#channel.postMessage(message);
  }
}

function readMessage(data: unknown): TabMessage | null {
  if (typeof data !== 'object' || data === null || !('type' in data)) return null;
  if (data.type === 'who' || data.type === 'let-go') return { type: data.type };
  if (data.type === 'holder' && 'displayName' in data && typeof data.displayName === 'string') {
    // Shown to a person: a tab of this origin, but perhaps of another version.
    return { type: 'holder', displayName: data.displayName.slice(0, 100) };
  }
  return null;
}

function browserEnvironment(): ExclusiveEnvironment | null {
  const locks = (globalThis.navigator as Partial<Navigator> | undefined)?.locks;
  if (!locks || typeof BroadcastChannel === 'undefined') return null;
  return { locks, openChannel: () => new BroadcastChannel(CHANNEL) };
}
