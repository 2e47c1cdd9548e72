import { rowsPerJob, type InputUse, type PackagePlan, type InputPlan } from '../plan/plan-package.ts';
import { rowBytes } from '../../formats/gguf/tensor-types.ts';

/** Bytes of one span that one or more tensors need. */
export interface SpanPiece {
  readonly input: InputPlan;
  readonly uses: readonly InputUse[];
  /** Position in the span. */
  readonly start: number;
  readonly length: number;
  /** Position in the stored tensor, in bytes. */
  readonly at: number;
}

/** One read: a stretch of one file, and what in it is needed. Bytes outside the pieces are read only to be hashed. */
export interface ReadSpan {
  readonly file: number;
  readonly offset: number;
  readonly length: number;
  readonly pieces: readonly SpanPiece[];
  /** Read out of the file's order: not for its hash. */
  readonly aside: boolean;
}

/** A gap up to this size is read along instead of ending the span: cheaper than another request. */
const SMALL_GAP_BYTES = 64 * 1024;

export interface SpanOptions {
  readonly readBytes: number;
  /** Which inputs still have work to do. */
  readonly isNeeded: (input: InputPlan) => boolean;
  /**
   * Per file, from where on every byte is wanted (for its hash); null: only what tensors need. Must be null for files
   * that are not read front to back.
   */
  readonly everythingFrom: readonly (number | null)[];
}

/**
 * Cuts the plan's reading into spans of about `readBytes`. A tensor is cut only between jobs (see `rowsPerJob`), so the
 * pieces, and with them every result, do not depend on where reading began.
 */
export function* readSpans(
  plan: PackagePlan,
  { readBytes, isNeeded, everythingFrom }: SpanOptions,
): Generator<ReadSpan> {
  let open: (ReadSpan & { length: number; readonly pieces: SpanPiece[] }) | null = null;
  const cursors = [...everythingFrom];

  for (const input of plan.inputs) {
    if (!isNeeded(input)) continue;
    const { aside } = input;
    const { file, offset, byteLength } = input.location;
    if (open !== null && (open.file !== file || open.aside !== aside)) {
      yield open;
      open = null;
    }
    const cursor = aside ? null : (cursors[file] ?? null);
    if (cursor !== null && cursor < offset) {
      // Everything between the last needed byte and this tensor is hashed too.
      if (open !== null && offset - (open.offset + open.length) > SMALL_GAP_BYTES) {
        yield open;
        open = null;
      }
      if (open === null) {
        const gapEnd = Math.max(cursor, offset - SMALL_GAP_BYTES);
        yield* fillers(file, cursor, gapEnd, readBytes);
        open = { file, offset: gapEnd, length: offset - gapEnd, pieces: [], aside };
      }
    }
    if (open !== null) {
      const gap = offset - (open.offset + open.length);
      if (gap < 0 || gap > SMALL_GAP_BYTES) {
        yield open;
        open = null;
      } else {
        open.length += gap;
      }
    }
    const unit = unitBytes(plan, input);
    for (let at = 0; at < byteLength;) {
      if (open !== null && open.length >= readBytes) {
        yield open;
        open = null;
      }
      open ??= { file, offset: offset + at, length: 0, pieces: [], aside };
      const length = Math.min(unit, byteLength - at);
      open.pieces.push({ input, uses: input.uses, start: open.length, length, at });
      open.length += length;
      at += length;
    }
    if (cursor !== null) cursors[file] = Math.max(cursor, offset + byteLength);
  }
  if (open !== null) yield open;
  for (const [file, cursor] of cursors.entries()) {
    const size = plan.model.sources[file]?.size ?? 0;
    if (cursor !== null) yield* fillers(file, cursor, size, readBytes);
  }
}

/** Reads of bytes nobody but the hash needs. */
export function* fillers(file: number, from: number, to: number, readBytes: number): Generator<ReadSpan> {
  for (let offset = from; offset < to; offset += readBytes) {
    yield { file, offset, length: Math.min(readBytes, to - offset), pieces: [], aside: false };
  }
}

/** Stored tensors that are gathered whole (AWQ's, norms) may be cut anywhere; this keeps reads near their target. */
const RAW_UNIT_BYTES = 1024 * 1024;

function unitBytes(plan: PackagePlan, input: InputPlan): number {
  const rows = input.uses.find((use) => use.role === 'rows');
  const planned = rows === undefined ? undefined : plan.tensors[rows.tensor];
  const matrix = planned?.kind === 'matrix' ? planned.parts[rows?.part ?? 0]?.matrix : undefined;
  if (matrix?.kind !== 'dense') return RAW_UNIT_BYTES;
  return rowsPerJob(matrix.cols) * rowBytes(matrix.type, matrix.cols);
}
