/**
 * Every number read from a model file is held against one of these before anything is allocated or looped over.
 * A file is hostile until parsed: without limits a header of a few bytes could ask for gigabytes (CWE-770).
 */

/** Largest header read. Llama-2's vocabulary makes 0.8 MB, Llama-3's 8 MB; safetensors indexes stay under 1 MB. */
export const MAX_HEADER_BYTES = 64 * 1024 * 1024;

/** Metadata keys. llama.cpp writes about 30, the richest public files under 100. */
export const MAX_METADATA_KEYS = 4096;

/** Tensors in a model. Meditron-70B has 723; AWQ splits each linear layer in three. */
export const MAX_TENSORS = 16_384;

/** One key or tensor name. GGUF itself allows 64 for tensors and 65,535 for keys; real keys are under 100. */
export const MAX_NAME_BYTES = 1024;

/** One metadata string. Chat templates reach some 20 kB. */
export const MAX_STRING_BYTES = 4 * 1024 * 1024;

/** Elements of one metadata array: the merges of the largest public vocabularies are under 600,000. */
export const MAX_ARRAY_LENGTH = 2_000_000;

/**
 * Merges that a SentencePiece vocabulary is written as: every way to split a piece into two. Llama 2's has 61,249, and the largest
 * public vocabularies under 600,000; runs of one letter split everywhere, so that a hostile one asks for gigabytes.
 */
export const MAX_MERGES = 1_000_000;

/** Tokens of context: the longest that anybody claims for a public model is 10 million. */
export const MAX_CONTEXT = 16_777_216;

/** Arrays may hold arrays; no writer nests deeper than one level, and recursion must end. */
export const MAX_ARRAY_DEPTH = 2;

/** Dimensions of a tensor: GGML's own maximum. */
export const MAX_DIMENSIONS = 4;

/** Rows or columns of one matrix: four times the largest vocabulary in public use. */
export const MAX_DIMENSION = 1 << 20;

/** Transformer layers. Llama-3-405B has 126. */
export const MAX_LAYERS = 512;

/** Vocabulary entries. The largest public tokenizers have about 260,000. */
export const MAX_VOCAB = 1 << 19;

/** GGUF tensor data alignment: the default is 32; page size is the largest that makes sense. */
export const MAX_ALIGNMENT = 65_536;

/** JSON side files (config, index, tokenizer). Llama-3's tokenizer.json has 17 MB. */
export const MAX_JSON_BYTES = 64 * 1024 * 1024;

/** Safetensors files named by one index. Public 405B models have 191. */
export const MAX_SOURCE_FILES = 512;

/** JavaScript counts bytes exactly up to here; beyond, offsets would silently lose precision. */
export const MAX_FILE_BYTES = Number.MAX_SAFE_INTEGER;
