/** Turns messages into calls of a session and its results into messages. */
import { toWire, type AppError, type ErrorCode } from '../../../errors/app-error.ts';
import type { DeviceEvents } from './web-llm/device-watch.ts';
import type { FromWorker, RequestType, ToWorker } from '../protocol.ts';
import { fromWebLlm } from './web-llm/web-llm-errors.ts';
import type { WorkerSession } from './worker-session.ts';

type Session = Pick<WorkerSession, 'load' | 'loadFault' | 'generate' | 'score' | 'count' | 'unload'>;
type Request = Exclude<ToWorker, { type: 'cancel' }>;

/** For errors no rule knows. */
const FALLBACK: Record<Exclude<RequestType, 'load'>, ErrorCode> = {
  generate: 'engine/generation-failed',
  score: 'engine/generation-failed',
  count: 'engine/generation-failed',
  unload: 'unknown',
};

export class WorkerHost implements DeviceEvents {
  readonly #session: Session;
  readonly #post: (message: FromWorker) => void;
  readonly #log: { readonly lines: readonly string[] };
  readonly #cancellations = new Map<number, { aborted: boolean }>();
  /** What the GPU said first: the errors that follow from it say less. */
  #gpuError: AppError | null = null;
  #unloading = false;

  constructor(
    session: Session,
    post: (message: FromWorker) => void,
    log: { readonly lines: readonly string[] },
  ) {
    this.#session = session;
    this.#post = post;
    this.#log = log;
  }

  handle(message: ToWorker): void {
    if (message.type === 'cancel') {
      const cancellation = this.#cancellations.get(message.id);
      if (cancellation) cancellation.aborted = true;
      return;
    }
    const cancellation = { aborted: false };
    this.#cancellations.set(message.id, cancellation);
    void this.#answer(message, cancellation).then((answer) => {
      this.#cancellations.delete(message.id);
      this.#post(answer);
    });
  }

  lost(error: AppError): void {
    this.#fail(error);
  }

  refused(error: AppError): void {
    this.#fail(error);
  }

  #fail(error: AppError): void {
    // `unload` destroys the device on purpose.
    if (this.#unloading) return;
    this.#gpuError ??= error;
    this.#post({ type: 'lost', error: toWire(this.#gpuError) });
  }

  async #answer(message: Request, cancellation: { aborted: boolean }): Promise<FromWorker> {
    const { id } = message;
    try {
      return { type: 'result', id, result: await this.#run(message, cancellation) };
    } catch (thrown) {
      const error = this.#gpuError ?? fromWebLlm(thrown, this.#fallback(message.type), this.#log.lines);
      return { type: 'error', id, error: toWire(error) };
    }
  }

  #fallback(type: RequestType): ErrorCode {
    return type === 'load' ? this.#session.loadFault : FALLBACK[type];
  }

  async #run(message: Request, cancellation: { aborted: boolean }) {
    const { id } = message;
    switch (message.type) {
      case 'load':
        return this.#session.load(message.carries, (report) => this.#post({ type: 'report', id, report }));
      case 'generate':
        return this.#session.generate(message.carries, cancellation, (report) =>
          this.#post({ type: 'report', id, report }),
        );
      case 'score':
        return this.#session.score(message.carries.prompt, message.carries.options, cancellation);
      case 'count':
        return this.#session.count(message.carries.text);
      case 'unload':
        this.#unloading = true;
        await this.#session.unload();
        return null;
    }
  }
}
