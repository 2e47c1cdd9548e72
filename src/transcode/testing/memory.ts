import { AppError } from '../../errors/app-error.ts';
import type { ByteSource } from '../../lib/byte-source.ts';
import type { Journal, JournalState, PackageSink } from '../run/workers/conversion-port.ts';

/** A file in memory. `maxRead` makes a request for more fail, as a parser that trusts a header would make. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read(offset, length, signal) {
      if (signal?.aborted === true) return Promise.reject(new AppError('aborted', 'Stopped'));
      if (offset + length > bytes.length)
        return Promise.reject(new AppError('bytes/short-read', 'Beyond the end'));
      return Promise.resolve(bytes.slice(offset, offset + length));
    },
  };
}

export interface MemoryPackage extends PackageSink {
  readonly files: Map<string, Uint8Array<ArrayBuffer>>;
}

export function memoryPackage(): MemoryPackage {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    files,
    size: (name) => Promise.resolve(files.get(name)?.length ?? null),
    write: (name, bytes) => {
      files.set(name, bytes.slice());
      return Promise.resolve();
    },
  };
}

export interface MemoryJournal extends Journal {
  /** As text, as any real journal would keep it. */
  stored: string | null;
}

export function memoryJournal(): MemoryJournal {
  const journal: MemoryJournal = {
    stored: null,
    load: () => Promise.resolve(journal.stored === null ? null : JSON.parse(journal.stored)),
    save: (state: JournalState) => {
      journal.stored = JSON.stringify(state);
      return Promise.resolve();
    },
    clear: () => {
      journal.stored = null;
      return Promise.resolve();
    },
  };
  return journal;
}
