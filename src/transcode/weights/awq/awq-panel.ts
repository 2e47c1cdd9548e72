import { GROUP } from '../../../formats/mlc-package/group.ts';

/*
 * The inner part of AWQ's conversion: panels of a few words of every stored row are turned round, [cols, 16] words to
 * [128, cols/8], and every group of 32 is carried over where its codes fit. In WebAssembly SIMD where it may run, else in
 * TypeScript.
 */

/** Words of a stored row in a panel, eight outputs each: one cache line. */
export const PANEL_WORDS = 16;
/** Rows of the package in a panel. */
export const PANEL_ROWS = 8 * PANEL_WORDS;
/** Panels that are fetched together: stored rows lie kilobytes apart, and a few cache lines of each come as fast as one. */
export const PANELS = 4;
/** AWQ GEMM interleaves eight outputs of a word in this order: output 8c + j sits in nibble NIBBLE_OF[j]. */
export const NIBBLE_OF = [0, 4, 1, 5, 2, 6, 3, 7] as const;
/** Words that a vector holds. */
export const QUAD = 4;

/** How a group's codes fit into MLC's range of −7 to 8: as they are, with the scale's other sign, or not at all. */
export const KEEP = 0;
export const FLIP = 1;
export const REQUANTISE = 2;

/** Memory of matrices of up to some number of columns, used again for each. What lies beyond the words that count means nothing. */
export interface AwqPanels {
  readonly cols: number;
  /** In: [PANELS, cols, PANEL_WORDS] words of codes. */
  readonly codes: Int32Array;
  /** In: [cols/32, PANEL_WORDS] words of zeros, for the panel that is converted. */
  readonly zeros: Int32Array;
  /** Out: [PANEL_ROWS, cols/8] words in MLC's order; AWQ's own codes where a group is to be quantised anew. */
  readonly words: Uint32Array;
  /** Out, at `resultAt`: KEEP, FLIP or REQUANTISE. */
  readonly kinds: Uint8Array;
  /** Out, at `resultAt`: Σ(q − z)² of the group. */
  readonly squares: Int32Array;
  /** @param words of the panel that count */
  convert(panel: number, words: number, cols: number): void;
}

/** Where a group's kind and squares are: of output `j` of word `word`. */
export function resultAt(group: number, word: number, j: number): number {
  return group * PANEL_ROWS + (word & ~3) * 8 + j * QUAD + (word & 3);
}

export function zeroOf(zeros: Int32Array, group: number, word: number, j: number): number {
  return ((zeros[group * PANEL_WORDS + word] ?? 0) >>> (4 * (NIBBLE_OF[j] ?? 0))) & 15;
}

/** In TypeScript, for pages that forbid WebAssembly and as the reference in tests. */
export function createPlainPanels(cols: number): AwqPanels {
  const groups = cols / GROUP;
  const codes = new Int32Array(PANELS * cols * PANEL_WORDS);
  const zeros = new Int32Array(groups * PANEL_WORDS);
  const words = new Uint32Array(PANEL_ROWS * groups * 4);
  const kinds = new Uint8Array(groups * PANEL_ROWS);
  const squares = new Int32Array(groups * PANEL_ROWS);
  /** One group of a column turned round: word i of an output at 8i + its nibble. */
  const turned = new Int32Array(GROUP);
  const convertGroup = (c: number, g: number, stride: number): void => {
    for (let j = 0; j < 8; j++) {
      const nibble = NIBBLE_OF[j] ?? 0;
      const zero = zeroOf(zeros, g, c, j);
      const kind = fit(turned, nibble, zero);
      // Σ(q − z)² = Σq² − 2zΣq + 32z².
      let both = 0;
      const at = (8 * c + j) * stride + 4 * g;
      for (let i = 0; i < 4; i++) {
        const word = turned[8 * i + nibble] ?? 0;
        both += (SUMS[word & 0xffff] ?? 0) + (SUMS[word >>> 16] ?? 0);
        // No nibble carries into its neighbour: every code is known to fit.
        if (kind === KEEP) words[at + i] = word + Math.imul(7 - zero, EIGHT);
        else words[at + i] = kind === FLIP ? ~word + Math.imul(zero - 8, EIGHT) : word;
      }
      const result = resultAt(g, c, j);
      kinds[result] = kind;
      squares[result] = (both >>> 16) - 2 * zero * (both & 0xffff) + GROUP * zero * zero;
    }
  };
  return {
    ...{ cols, codes, zeros, words, kinds, squares },
    convert(panel, count, width) {
      for (let c = 0; c < count; c++) {
        for (let g = 0; g < width / GROUP; g++) {
          turn(codes, (panel * width + g * GROUP) * PANEL_WORDS + c, turned);
          convertGroup(c, g, width / 8);
        }
      }
    },
  };
}

/** The same nibble eight times over. */
const EIGHT = 0x1111_1111;

/**
 * Turns 32 words of a column (eight outputs each) into four words for each of the eight outputs: four 8 × 8 transpositions of
 * nibbles, by halves, bytes and nibbles.
 */
function turn(codes: Int32Array, first: number, out: Int32Array): void {
  for (let i = 0, at = first; i < GROUP; i += 8, at += 8 * PANEL_WORDS) {
    const a0 = codes[at] ?? 0;
    const a1 = codes[at + PANEL_WORDS] ?? 0;
    const a2 = codes[at + 2 * PANEL_WORDS] ?? 0;
    const a3 = codes[at + 3 * PANEL_WORDS] ?? 0;
    const a4 = codes[at + 4 * PANEL_WORDS] ?? 0;
    const a5 = codes[at + 5 * PANEL_WORDS] ?? 0;
    const a6 = codes[at + 6 * PANEL_WORDS] ?? 0;
    const a7 = codes[at + 7 * PANEL_WORDS] ?? 0;
    const b0 = (a0 & 0xffff) | (a4 << 16);
    const b1 = (a1 & 0xffff) | (a5 << 16);
    const b2 = (a2 & 0xffff) | (a6 << 16);
    const b3 = (a3 & 0xffff) | (a7 << 16);
    const b4 = (a0 >>> 16) | (a4 & ~0xffff);
    const b5 = (a1 >>> 16) | (a5 & ~0xffff);
    const b6 = (a2 >>> 16) | (a6 & ~0xffff);
    const b7 = (a3 >>> 16) | (a7 & ~0xffff);
    const c0 = (b0 & 0x00ff00ff) | ((b2 & 0x00ff00ff) << 8);
    const c1 = (b1 & 0x00ff00ff) | ((b3 & 0x00ff00ff) << 8);
    const c2 = ((b0 >>> 8) & 0x00ff00ff) | (b2 & ~0x00ff00ff);
    const c3 = ((b1 >>> 8) & 0x00ff00ff) | (b3 & ~0x00ff00ff);
    const c4 = (b4 & 0x00ff00ff) | ((b6 & 0x00ff00ff) << 8);
    const c5 = (b5 & 0x00ff00ff) | ((b7 & 0x00ff00ff) << 8);
    const c6 = ((b4 >>> 8) & 0x00ff00ff) | (b6 & ~0x00ff00ff);
    const c7 = ((b5 >>> 8) & 0x00ff00ff) | (b7 & ~0x00ff00ff);
    out[i] = (c0 & 0x0f0f0f0f) | ((c1 & 0x0f0f0f0f) << 4);
    out[i + 1] = ((c0 >>> 4) & 0x0f0f0f0f) | (c1 & ~0x0f0f0f0f);
    out[i + 2] = (c2 & 0x0f0f0f0f) | ((c3 & 0x0f0f0f0f) << 4);
    out[i + 3] = ((c2 >>> 4) & 0x0f0f0f0f) | (c3 & ~0x0f0f0f0f);
    out[i + 4] = (c4 & 0x0f0f0f0f) | ((c5 & 0x0f0f0f0f) << 4);
    out[i + 5] = ((c4 >>> 4) & 0x0f0f0f0f) | (c5 & ~0x0f0f0f0f);
    out[i + 6] = (c6 & 0x0f0f0f0f) | ((c7 & 0x0f0f0f0f) << 4);
    out[i + 7] = ((c6 >>> 4) & 0x0f0f0f0f) | (c7 & ~0x0f0f0f0f);
  }
}

function fit(turned: Int32Array, nibble: number, zero: number): number {
  if (zero === 7) return KEEP;
  // Up to a zero of 7 codes may be too large, q − z > 8; from 8 on too small, q − z < −7, or −8 with the other sign.
  // Adding `bias` to each byte sets its top bit for a nibble above z + 8, or of at least z − 7 or z − 8.
  if (zero < 7) return anyTop(turned, nibble, (0x7f - (zero + 8)) * 0x0101_0101) ? REQUANTISE : KEEP;
  if (allTop(turned, nibble, (0x80 - (zero - 7)) * 0x0101_0101)) return KEEP;
  if (zero === 8) return FLIP;
  return allTop(turned, nibble, (0x80 - (zero - 8)) * 0x0101_0101) ? FLIP : REQUANTISE;
}

function anyTop(turned: Int32Array, nibble: number, bias: number): boolean {
  let top = 0;
  for (let i = nibble; i < GROUP; i += 8) {
    const word = turned[i] ?? 0;
    top |= ((word & 0x0f0f0f0f) + bias) | (((word >>> 4) & 0x0f0f0f0f) + bias);
  }
  return (top & 0x80808080) !== 0;
}

function allTop(turned: Int32Array, nibble: number, bias: number): boolean {
  let top = -1;
  for (let i = nibble; i < GROUP; i += 8) {
    const word = turned[i] ?? 0;
    top &= ((word & 0x0f0f0f0f) + bias) & (((word >>> 4) & 0x0f0f0f0f) + bias);
  }
  return (top & 0x80808080) === (0x80808080 | 0);
}

/** Of four nibbles: the sum of their squares in the upper half, their sum in the lower. */
const SUMS = Uint32Array.from({ length: 0x10000 }, (_, four) => {
  let both = 0;
  for (let shift = 0; shift < 16; shift += 4) {
    const q = (four >>> shift) & 15;
    both += q * q * 0x10000 + q;
  }
  return both;
});
