/** What the acquisition worker calls in the worker that hashes. */
export interface HashCalls {
  /** Begins a SHA-256, or goes on from a saved state; the answer names it. */
  readonly begin: {
    readonly argument: { readonly state: Uint8Array | undefined };
    readonly report: never;
    readonly result: number;
  };
  readonly update: {
    readonly argument: {
      readonly hash: number;
      /** Taken over, and given back with the answer. */
      readonly buffer: ArrayBuffer;
      /** Where in it the bytes are. */
      readonly start: number;
      readonly length: number;
    };
    readonly report: never;
    /** `state` is the hash's after these bytes, where it can be told. */
    readonly result: { readonly buffer: ArrayBuffer; readonly state: Uint8Array | null };
  };
  /** Ends the hash; the answer is its hexadecimal digest. */
  readonly digest: {
    readonly argument: { readonly hash: number };
    readonly report: never;
    readonly result: string;
  };
}
