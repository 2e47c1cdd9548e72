/** What the acquisition worker calls in the workers that hash and store. */
import type { FileDigest } from '../../../transcode/run/hashing.ts';

export interface StoreCalls {
  readonly store: {
    readonly argument: {
      readonly baseUrl: string;
      readonly name: string;
      /** Taken over, and given back with the answer. */
      readonly buffer: ArrayBuffer;
      /** How much of it is the file. */
      readonly length: number;
    };
    readonly report: never;
    readonly result: { readonly digest: FileDigest; readonly buffer: ArrayBuffer };
  };
}
