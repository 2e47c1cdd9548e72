import { z } from '../../lib/zod.ts';
import { MLC_QUANTIZATIONS } from '../../formats/mlc-package/quantization.ts';
import { AppError } from '../../errors/app-error.ts';
import type { TensorError } from '../run/workers/conversion-port.ts';
import type { FileDigest } from '../run/hashing.ts';
import { RULES_VERSION } from '../run/journal.ts';
import { GROUP } from '../../formats/mlc-package/group.ts';
import type { PackagePlan, TensorPlan } from '../plan/plan-package.ts';
import type { LlamaConfig } from '../source/source-model.ts';
import type { Quality } from '../weights/quantize.ts';
import { baseName } from '../source/file-names.ts';

export const PROVENANCE_FILE = 'provenance.json';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const md5 = z.string().regex(/^[0-9a-f]{32}$/);
/**
 * What became of a tensor's values. `exact`: every value is the source's. `repacked`: codes and scales were carried over
 * bit for bit. `requantised`: values were rounded to the package's number formats; `relativeRmse` says how far they moved.
 */
const fidelity = z.enum(['exact', 'repacked', 'requantised']);
const size = z.number().int().nonnegative();

const provenanceSchema = z.object({
  format: z.literal('meditron-web-provenance'),
  version: z.literal(1),
  rulesVersion: z.number().int(),
  quantization: z.enum(MLC_QUANTIZATIONS),
  quality: z.enum(['fast', 'best']),
  model: z.object({
    name: z.string(),
    format: z.enum(['gguf', 'safetensors', 'torch', 'awq']),
    config: z.record(z.string(), z.number()),
    tiedHead: z.boolean(),
  }),
  /** The weight files, as the conversion read them. */
  sources: z.array(
    z.object({
      url: z.string().optional(),
      name: z.string().optional(),
      size,
      sha256: sha256.nullable(),
      etag: z.string().nullable(),
    }),
  ),
  tensors: z.array(
    z.object({
      name: z.string(),
      fidelity,
      /** Stored types it was made from. */
      from: z.array(z.string()),
      /** √(Σ(w − ŵ)² / Σw²) */
      relativeRmse: z.number(),
      /** Both sums; `energy` is 0 where all of the tensor was carried over from Q4_0. */
      squaredError: z.number(),
      energy: z.number(),
      /** Groups of 32 carried over bit for bit, of `groups`. */
      exactGroups: z.number(),
      groups: z.number(),
    }),
  ),
  shards: z.array(z.object({ name: z.string().max(255), nbytes: size, md5, sha256 })),
  /** The package's other files. */
  files: z.array(z.object({ name: z.string().max(255), nbytes: size, sha256 })),
});

/** The content of `provenance.json`: where a package came from and what was done to every tensor. */
export type Provenance = z.infer<typeof provenanceSchema>;

/** No dates: the same source and options give the same file. */
export function buildProvenance(
  plan: PackagePlan,
  quality: Quality,
  results: {
    /** By shard. */
    readonly digests: readonly FileDigest[];
    readonly errorOf: (tensor: string) => TensorError | null;
    /** By source file. */
    readonly sourceSha256: readonly (string | null)[];
    readonly files: Provenance['files'];
  },
): Provenance {
  const { model } = plan;
  return {
    format: 'meditron-web-provenance',
    version: 1,
    rulesVersion: RULES_VERSION,
    quantization: plan.quantization,
    quality,
    model: {
      name: model.name,
      format: model.format,
      config: numbersOf(model.config),
      tiedHead: model.tiedHead,
    },
    sources: model.sources.map(({ name, size: bytes, origin }, i) => ({
      // A local path tells about someone's disk; its last part is enough.
      ...(origin?.kind === 'url' ? { url: name } : { name: baseName(name) }),
      size: bytes,
      sha256: results.sourceSha256[i] ?? null,
      etag: origin?.etag ?? null,
    })),
    tensors: plan.tensors.map((tensor) => describe(tensor, results.errorOf(tensor.name))),
    shards: plan.shards.map(({ name, nbytes }, i) => ({
      name,
      nbytes,
      md5: results.digests[i]?.md5 ?? '',
      sha256: results.digests[i]?.sha256 ?? '',
    })),
    files: results.files,
  };
}

/** The stretching of positions, where there is one, beside the sizes. */
function numbersOf({ ropeScaling, ...sizes }: LlamaConfig): Record<string, number> {
  if (ropeScaling === null) return sizes;
  const { factor, lowFreqFactor, highFreqFactor, originalContext } = ropeScaling;
  return {
    ...sizes,
    ropeFactor: factor,
    ropeLowFreqFactor: lowFreqFactor,
    ropeHighFreqFactor: highFreqFactor,
    ropeOriginalContext: originalContext,
  };
}

function describe(tensor: TensorPlan, error: TensorError | null): Provenance['tensors'][number] {
  const { squaredError = 0, energy = 0, exactGroups = 0 } = error ?? {};
  const groups = tensor.kind === 'vector' ? 0 : (tensor.rows * tensor.cols) / GROUP;
  const from =
    tensor.kind === 'vector'
      ? [tensor.vector.type]
      : [...new Set(tensor.parts.map(({ matrix }) => (matrix.kind === 'awq' ? 'AWQ' : matrix.type)))];
  const carriedOver = groups > 0 && exactGroups === groups;
  return {
    name: tensor.name,
    fidelity: carriedOver ? 'repacked' : squaredError === 0 ? 'exact' : 'requantised',
    from,
    relativeRmse: squaredError === 0 ? 0 : Math.sqrt(squaredError / energy),
    squaredError,
    energy,
    exactGroups,
    groups,
  };
}

/** @throws AppError `transcode/package-damaged` where the file is not a provenance this version understands */
export function parseProvenance(bytes: Uint8Array): Provenance {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (thrown) {
    throw new AppError('transcode/package-damaged', 'provenance.json is not JSON', {}, { cause: thrown });
  }
  const parsed = provenanceSchema.safeParse(value);
  if (!parsed.success) {
    throw new AppError('transcode/package-damaged', 'provenance.json is not understood', {
      field: parsed.error.issues[0]?.path.join('.') ?? '',
    });
  }
  return parsed.data;
}
