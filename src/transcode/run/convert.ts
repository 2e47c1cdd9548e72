import { AppError, toAppError } from '../../errors/app-error.ts';
import type {
  ConvertOptions,
  ConvertProgress,
  ConvertResult,
  HashedWrite,
  JournalState,
} from './workers/conversion-port.ts';
import { wasmHashing, type FileDigest, type Hashing } from './hashing.ts';
import { fingerprintOf, readJournal } from './journal.ts';
import { packageJson } from '../../formats/mlc-package/package-json.ts';
import { packageFiles } from '../package/package-files.ts';
import { shardsOf, type PackagePlan, type InputPlan } from '../plan/plan-package.ts';
import { ProgressMeter } from './progress-meter.ts';
import { buildProvenance, PROVENANCE_FILE, type Provenance } from '../package/provenance.ts';
import type { Quality } from '../weights/quantize.ts';
import { fillers, readSpans, type ReadSpan } from './read-spans.ts';
import { ShardAssembler } from './shard-assembler.ts';
import { SourceHasher } from '../source/source-hasher.ts';
import { readAheadOf, type FilledSpan } from './span-reader.ts';
import { TensorConverter } from '../weights/tensor-converter.ts';
import { TensorStats } from '../weights/tensor-stats.ts';

const DEFAULT_READ_BYTES = 4 * 1024 * 1024;
const DEFAULT_READ_AHEAD = 2;
const DEFAULT_WAITING = 1;
const REPORT_EVERY_MS = 100;

/**
 * Converts a planned model into an MLC package: reads the source in the plan's order, quantises or repacks, stores each
 * shard as soon as it is complete and notes it in the journal. After any interruption the same call goes on from the
 * stored shards; the result has the same bytes as an uninterrupted run.
 *
 * Memory: at most `plan.peakBytes` of unfinished output, `waiting + 1` shards being stored, and `readAhead + 1` reads.
 * @throws AppError `aborted`; `transcode/bad-values`, `transcode/worker-failed`; what sources, sink and journal throw.
 *   The journal stays, so that calling again resumes
 */
export async function convert(plan: PackagePlan, options: ConvertOptions): Promise<ConvertResult> {
  const conversion = await Conversion.begin(plan, options);
  return conversion.run();
}

class Conversion {
  readonly #plan: PackagePlan;
  readonly #options: ConvertOptions;
  readonly #hashing: Hashing;
  readonly #quality: Quality;
  readonly #fingerprint: string;
  readonly #hasher: SourceHasher | null;
  readonly #stats: TensorStats;
  readonly #assembler: ShardAssembler;
  readonly #digests: Map<number, FileDigest>;
  readonly #resumedShards: number;
  readonly #now: () => number;
  readonly #meter: ProgressMeter;
  readonly #converter: TensorConverter;
  #storing = 0;
  #lastStore: Promise<void> = Promise.resolve();
  /** Why storing failed; reading then stops. */
  #failure: AppError | null = null;
  #reported: { phase: ConvertProgress['phase'] | null; time: number } = { phase: null, time: 0 };
  #bytesRead = 0;
  #bytesToRead = 0;
  #bytesWritten = 0;

  static async begin(plan: PackagePlan, options: ConvertOptions): Promise<Conversion> {
    const hashing = options.hashing ?? wasmHashing;
    const quality = options.quality ?? 'fast';
    const fingerprint = await fingerprintOf(plan, quality, hashing);
    const remembered = readJournal(await options.journal.load(), fingerprint);
    const digests = new Map<number, FileDigest>();
    for (const [index, shard] of plan.shards.entries()) {
      const digest = remembered?.shards[String(index)];
      if (digest !== undefined && (await options.sink.size(shard.name)) === shard.nbytes)
        digests.set(index, digest);
    }
    const hasher =
      options.hashSources === false
        ? null
        : await SourceHasher.begin(plan.model.sources, hashing, remembered?.hashes ?? []);
    return new Conversion(plan, options, hashing, quality, fingerprint, hasher, digests, remembered);
  }

  private constructor(
    plan: PackagePlan,
    options: ConvertOptions,
    hashing: Hashing,
    quality: Quality,
    fingerprint: string,
    hasher: SourceHasher | null,
    digests: Map<number, FileDigest>,
    remembered: JournalState | null,
  ) {
    this.#plan = plan;
    this.#options = options;
    this.#hashing = hashing;
    this.#quality = quality;
    this.#fingerprint = fingerprint;
    this.#hasher = hasher;
    this.#digests = digests;
    this.#resumedShards = digests.size;
    this.#bytesWritten = [...digests.keys()].reduce((sum, i) => sum + (plan.shards[i]?.nbytes ?? 0), 0);
    // Tensors that will be made again must not count twice.
    const finished = plan.tensors.filter((tensor) => shardsOf(tensor).every((shard) => digests.has(shard)));
    const known = finished.flatMap(({ name }) => {
      const error = remembered?.tensors[name];
      return error === undefined ? [] : ([[name, error]] as const);
    });
    this.#stats = new TensorStats(Object.fromEntries(known));
    this.#assembler = new ShardAssembler(plan, new Set(digests.keys()), (index, bytes) => {
      this.#store(index, bytes);
    });
    this.#converter = new TensorConverter(plan, quality, options.pool, this.#assembler, this.#stats);
    this.#now = options.now ?? (() => performance.now());
    this.#meter = new ProgressMeter(this.#now);
  }

  async run(): Promise<ConvertResult> {
    try {
      for (const { length } of this.#spans()) this.#bytesToRead += length;
      this.#report('converting');
      await this.#readAll(this.#convertingSpans(), 'converting');
      await this.#settle();
      this.#assembler.assertNothingOpen();
      await this.#readAll(this.#hashingSpans(), 'hashing');
      return await this.#finish();
    } catch (thrown) {
      // Nothing may still be writing once the caller hears of the failure.
      await Promise.allSettled([this.#converter.settle(), this.#lastStore]);
      await this.#lastStore; // a job that settled may have completed one more shard
      throw thrown;
    }
  }

  *#spans(): Generator<ReadSpan> {
    yield* this.#convertingSpans();
    yield* this.#hashingSpans();
  }

  #convertingSpans(): Generator<ReadSpan> {
    const { sources } = this.#plan.model;
    return readSpans(this.#plan, {
      readBytes: this.#readBytes,
      isNeeded: (input) => this.#isNeeded(input),
      everythingFrom: sources.map((_, file) =>
        this.#plan.sequential ? (this.#hasher?.position(file) ?? null) : null,
      ),
    });
  }

  /** Files whose order forbids hashing on the way are read once more for it. */
  *#hashingSpans(): Generator<ReadSpan> {
    if (this.#hasher === null || this.#plan.sequential) return;
    for (const [file, { size }] of this.#plan.model.sources.entries()) {
      yield* fillers(file, this.#hasher.position(file), size, this.#readBytes);
    }
  }

  get #readBytes(): number {
    return this.#options.readBytes ?? DEFAULT_READ_BYTES;
  }

  #isNeeded({ uses }: InputPlan): boolean {
    return uses.some(({ tensor }) => {
      const planned = this.#plan.tensors[tensor];
      return planned !== undefined && shardsOf(planned).some((shard) => !this.#digests.has(shard));
    });
  }

  async #readAll(spans: Generator<ReadSpan>, phase: ConvertProgress['phase']): Promise<void> {
    const { signal, readAhead = DEFAULT_READ_AHEAD, waiting = DEFAULT_WAITING } = this.#options;
    const { sources, made } = this.#plan.model;
    const readable = [...sources, ...made];
    // Hashed a span ahead of what is converted: it may be done on another thread.
    const hashed = async ({ span, bytes }: FilledSpan): Promise<Uint8Array<ArrayBuffer>> =>
      this.#hasher !== null && ((this.#plan.sequential && !span.aside) || phase === 'hashing')
        ? this.#hasher.feed(span.file, span.offset, bytes)
        : bytes;
    for await (const { span, bytes } of readAheadOf(spans, readable, readAhead, signal, hashed)) {
      while (this.#storing > waiting) await this.#lastStore;
      for (const piece of span.pieces) {
        this.#throwIfFailed();
        await this.#converter.take(piece, bytes.subarray(piece.start, piece.start + piece.length));
        this.#bytesRead += piece.length;
      }
      this.#bytesRead += span.length - span.pieces.reduce((sum, { length }) => sum + length, 0);
      this.#report(phase);
    }
  }

  /** Stores a complete shard after those before it, then notes it in the journal. */
  #store(index: number, bytes: Uint8Array<ArrayBuffer>): void {
    const shard = this.#plan.shards[index];
    if (shard === undefined) return;
    this.#storing++;
    const begun = this.#options.sink.writeHashed?.(shard.name, bytes);
    // A failure surfaces when its turn comes.
    begun?.catch(() => undefined);
    this.#lastStore = this.#lastStore
      .then(async () => {
        if (this.#failure !== null) {
          await begun?.catch(() => undefined);
          return;
        }
        const { digest, buffer } = await (begun ?? this.#hashAndWrite(shard.name, bytes));
        this.#digests.set(index, digest);
        this.#bytesWritten += shard.nbytes;
        await this.#options.journal.save(this.#journalState());
        this.#assembler.release(buffer);
      })
      .catch((thrown: unknown) => {
        this.#failure ??= toAppError(thrown, 'storage/failed');
      })
      .finally(() => {
        this.#storing--;
      });
  }

  /** Hashing keeps this thread busy, storing the disk: neither waits for the other. */
  async #hashAndWrite(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<HashedWrite> {
    const [hashed, stored] = await Promise.allSettled([
      this.#hashing.digest(bytes),
      this.#options.sink.write(name, bytes),
    ]);
    if (stored.status === 'rejected') throw stored.reason;
    if (hashed.status === 'rejected') throw hashed.reason;
    return { digest: hashed.value, buffer: bytes.buffer };
  }

  #journalState(): JournalState {
    return {
      version: 1,
      fingerprint: this.#fingerprint,
      shards: Object.fromEntries([...this.#digests].map(([index, digest]) => [String(index), digest])),
      tensors: this.#stats.toJson(),
      hashes: this.#hasher?.progress() ?? [],
    };
  }

  /** Waits for everything under way. */
  async #settle(): Promise<void> {
    await this.#converter.settle();
    await this.#lastStore;
    this.#throwIfFailed();
  }

  #throwIfFailed(): void {
    if (this.#failure !== null) throw this.#failure;
    if (this.#options.signal?.aborted === true) throw new AppError('aborted', 'The conversion was stopped');
  }

  async #finish(): Promise<ConvertResult> {
    const { sources } = this.#plan.model;
    this.#report('finishing');
    const digests = this.#plan.shards.map((_, i) => this.#digests.get(i) ?? { md5: '', sha256: '' });
    const sourceSha256 = sources.map((_, file) => this.#hasher?.sha256(file) ?? null);
    const files = this.#plan.shards.map(({ name, nbytes }, i) => ({
      name,
      nbytes,
      sha256: digests[i]?.sha256 ?? '',
    }));
    const small = packageFiles(this.#plan, this.#options.chatConfig ?? {}, digests);
    const described: Provenance['files'] = [];
    for (const { name, bytes } of small) {
      described.push({ name, nbytes: bytes.length, sha256: (await this.#hashing.digest(bytes)).sha256 });
    }
    const provenance = packageJson(
      buildProvenance(this.#plan, this.#quality, {
        digests,
        sourceSha256,
        errorOf: (tensor) => this.#stats.get(tensor),
        files: described,
      }),
    );
    for (const { name, bytes } of [{ name: PROVENANCE_FILE, bytes: provenance }, ...small]) {
      this.#throwIfFailed();
      await this.#options.sink.write(name, bytes);
    }
    const { sha256 } = await this.#hashing.digest(provenance);
    files.push(...described, { name: PROVENANCE_FILE, nbytes: provenance.length, sha256 });
    await this.#options.journal.clear();
    return {
      plan: this.#plan,
      files,
      sources: sources.map(({ name, size }, i) => ({ name, size, sha256: sourceSha256[i] ?? null })),
      resumedShards: this.#resumedShards,
    };
  }

  /** Tells about progress ten times a second, and of every change of phase. */
  #report(phase: ConvertProgress['phase']): void {
    const time = this.#now();
    if (phase === this.#reported.phase && time - this.#reported.time < REPORT_EVERY_MS) return;
    this.#reported = { phase, time };
    this.#options.onProgress?.({
      phase,
      bytesRead: this.#bytesRead,
      bytesToRead: this.#bytesToRead,
      bytesWritten: this.#bytesWritten,
      bytesToWrite: this.#plan.totalBytes,
      shardsDone: this.#digests.size,
      shards: this.#plan.shards.length,
      ...this.#meter.measure(this.#bytesRead, this.#bytesToRead),
    });
  }
}
