/**
 * What a PyTorch checkpoint may ask of its reader. Every number in the file is held against one of these before anything
 * is allocated or looped over: a few bytes of header could otherwise ask for gigabytes (CWE-770).
 */

/** A zip's list of entries. One storage takes under 100 bytes there; the largest public part has about 1,000 storages. */
export const MAX_DIRECTORY_BYTES = 16 * 1024 * 1024;

/** Entries of a zip. A tensor is one entry, and a handful describe the archive. */
export const MAX_ENTRIES = 32_768;

/** The pickle of a checkpoint. One tensor takes about 150 bytes; 70B models make 110 kB. */
export const MAX_PICKLE_BYTES = 16 * 1024 * 1024;

/** Steps of a pickle: about 60 a tensor, for as many tensors as are allowed. */
export const MAX_PICKLE_STEPS = 2_000_000;

/** Values waiting on the stack. Pickle's own writer stores in batches of 1,000 pairs. */
export const MAX_PICKLE_STACK = 65_536;

/** Open marks. PyTorch's writer nests four: dictionary, tensor, its arguments, a storage's name. */
export const MAX_PICKLE_MARKS = 1024;

/** Values remembered to be named again: about 20 a tensor. */
export const MAX_PICKLE_MEMO = 1 << 20;

/** One text in a pickle: names of tensors, modules and devices. */
export const MAX_PICKLE_STRING_BYTES = 64 * 1024;

/** Dimensions of a tensor before those of length 1 are put aside. */
export const MAX_TORCH_DIMENSIONS = 8;

/** Deflate cannot do better: 258 bytes for two bits (RFC 1951). More is a lie about the size. */
export const MAX_DEFLATE_RATIO = 1032;
