import type { PackagePlan } from '../../plan/plan-package.ts';
import type { BlockPool } from './worker-pool.ts';
import type { FileDigest, Hashing } from '../hashing.ts';
import type { Quality } from '../../weights/quantize.ts';

/** Where the package's files go: a folder, a browser cache. */
export interface PackageSink {
  /** Bytes of a stored file, or null where there is none. */
  size(name: string): Promise<number | null>;
  /**
   * Stores a whole file, replacing one of that name; nothing is visible under the name before.
   * The bytes may be reused once the promise settles.
   */
  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Stores and hashes on a thread of its own: the memory of `bytes` is gone until it comes back with the answer. */
  writeHashed?(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<HashedWrite>;
}

export interface HashedWrite {
  readonly digest: FileDigest;
  /** The memory that was handed over. */
  readonly buffer: ArrayBuffer;
}

/** Remembers how far a conversion came. Kept beside the package, in IndexedDB, anywhere that outlives a crash. */
export interface Journal {
  /** What was saved last, unparsed; null where there is nothing. */
  load(): Promise<unknown>;
  /** Replaces what was saved, atomically. */
  save(state: JournalState): Promise<void>;
  /** Called when the package is complete. */
  clear(): Promise<void>;
}

/** Plain JSON. Valid only together with the same `fingerprint`: the same source, options and rules. */
export interface JournalState {
  readonly version: 1;
  readonly fingerprint: string;
  /** Finished shards by index, as text: JSON keys. */
  readonly shards: Readonly<Record<string, FileDigest>>;
  /** Finished tensors by name. */
  readonly tensors: Readonly<Record<string, TensorError>>;
  /** Per source file: how far its SHA-256 has come. */
  readonly hashes: readonly HashProgress[];
}

export interface HashProgress {
  /** Bytes hashed from the front. */
  readonly position: number;
  /** The hash's inner state in base64 where it can be saved; null means: begin again. */
  readonly state: string | null;
  /** Set when the whole file is hashed. */
  readonly sha256: string | null;
}

/** What converting did to a tensor's values. Sums over all its weights. */
export interface TensorError {
  /** Σ (w − ŵ)² */
  readonly squaredError: number;
  /** Σ w²; 0 where all of the tensor was carried over from Q4_0. */
  readonly energy: number;
  /** Groups of 32 carried over bit for bit, and all groups. */
  readonly exactGroups: number;
  readonly groups: number;
}

export interface ConvertProgress {
  readonly phase: 'converting' | 'hashing' | 'finishing';
  /** Source bytes read in this run, and to be read in this run. */
  readonly bytesRead: number;
  readonly bytesToRead: number;
  /** Package bytes stored, earlier runs included, and the whole package's. */
  readonly bytesWritten: number;
  readonly bytesToWrite: number;
  readonly shardsDone: number;
  readonly shards: number;
  /** Source bytes a second over the last few seconds; null until known. */
  readonly bytesPerSecond: number | null;
  readonly secondsLeft: number | null;
}

export interface ConvertOptions {
  readonly sink: PackageSink;
  readonly journal: Journal;
  /** Default `fast`. */
  readonly quality?: Quality;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ConvertProgress) => void;
  /** Default: everything on this thread. */
  readonly pool?: BlockPool;
  /** Default: hash-wasm, and Web Crypto where it is there. */
  readonly hashing?: Hashing;
  /** Whether to compute the sources' SHA-256 on the way. Default true. */
  readonly hashSources?: boolean;
  /** Reads kept under way at once. Default 2; 4 suits HTTP. */
  readonly readAhead?: number;
  /** Bytes a read aims at. Default 4 MiB; 8 MiB suits HTTP. */
  readonly readBytes?: number;
  /** Finished shards that may wait while one is stored; each takes its memory. Default 1. */
  readonly waiting?: number;
  /** Milliseconds, for speed and time left. Default `performance.now`. */
  readonly now?: () => number;
  /** Replaces parts of `mlc-chat-config.json`. */
  readonly chatConfig?: ChatConfigOptions;
}

export interface ChatConfigOptions {
  /** Tokens; at most the model's own. */
  readonly contextWindowSize?: number;
  readonly stopTokenIds?: readonly number[];
  readonly temperature?: number;
  readonly topP?: number;
}

export interface ConvertResult {
  readonly plan: PackagePlan;
  /** Every file of the package. */
  readonly files: readonly { readonly name: string; readonly nbytes: number; readonly sha256: string }[];
  /** Per weight file: its SHA-256, null where not asked for. */
  readonly sources: readonly {
    readonly name: string;
    readonly size: number;
    readonly sha256: string | null;
  }[];
  /** Shards found finished by the journal. */
  readonly resumedShards: number;
}
