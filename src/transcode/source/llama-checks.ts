import { AppError } from '../../errors/app-error.ts';
import { GROUP } from '../../formats/mlc-package/group.ts';
import { MAX_CONTEXT, MAX_DIMENSION, MAX_LAYERS } from '../../formats/limits.ts';
import { compiledScalings, sameScaling, type LlamaShape } from '../../formats/mlc-package/llama-libraries.ts';
import type { LlamaConfig } from './source-model.ts';

/**
 * Holds a model's own description against what Llama's shape and MLC's packing allow.
 * @throws AppError `transcode/wrong-shape`, `transcode/over-limit`, `transcode/unsupported-model`
 */
export function checkLlamaConfig(config: LlamaConfig): LlamaConfig {
  if (config.layers > MAX_LAYERS) {
    throw new AppError('transcode/over-limit', 'The model has absurdly many layers', {
      layers: config.layers,
    });
  }
  if (config.contextLength > MAX_CONTEXT) {
    throw new AppError('transcode/over-limit', 'The context is absurdly long', {
      contextLength: config.contextLength,
    });
  }
  const widths = {
    hiddenSize: config.hiddenSize,
    intermediateSize: config.intermediateSize,
    attentionWidth: config.heads * config.headDim,
  };
  for (const [name, value] of Object.entries(widths)) {
    if (value > MAX_DIMENSION) {
      throw new AppError('transcode/over-limit', `${name} is absurdly large`, { [name]: value });
    }
    if (value % GROUP !== 0) {
      throw new AppError('transcode/wrong-shape', `${name} does not divide by ${String(GROUP)}`, {
        [name]: value,
      });
    }
  }
  if (config.headDim % 2 !== 0) {
    throw new AppError('transcode/wrong-shape', 'The head size is odd', { headDim: config.headDim });
  }
  if (config.heads % config.kvHeads !== 0) {
    throw new AppError('transcode/wrong-shape', 'Heads do not divide by key-value heads', {
      heads: config.heads,
      kvHeads: config.kvHeads,
    });
  }
  if (!(config.rmsNormEps > 0) || !(config.ropeTheta > 0) || !Number.isFinite(config.ropeTheta)) {
    throw new AppError('transcode/malformed', 'The norm epsilon or rope base is not a positive number');
  }
  requireCompiled(config);
  return config;
}

/**
 * Positions are compiled into MLC's libraries: a stretching is taken only where one for these sizes has the very same.
 * @throws AppError `transcode/unsupported-model`
 */
function requireCompiled(config: LlamaConfig): void {
  const { ropeScaling } = config;
  if (ropeScaling === null) return;
  const compiled = compiledScalings(shapeOf(config));
  if (compiled.some((scaling) => sameScaling(scaling, ropeScaling))) return;
  throw new AppError(
    'transcode/unsupported-model',
    'The model stretches its context (rope scaling) in a way no library for its sizes has compiled in',
    { ...ropeScaling },
  );
}

/** A model's sizes and positions, by which its library is found. */
export function shapeOf(config: LlamaConfig): LlamaShape {
  const { layers, heads, kvHeads, ropeTheta, ropeScaling } = config;
  return {
    layers,
    heads,
    kvHeads,
    ropeTheta,
    ropeScaling,
    hidden: config.hiddenSize,
    feedForward: config.intermediateSize,
    headSize: config.headDim,
  };
}

/**
 * Some writers fill a shape up with ones: [rows, cols, 1, 1] holds the same numbers as [rows, cols].
 * @throws AppError `transcode/wrong-shape` unless the tensor is `expected`
 */
export function checkShape(tensor: string, stored: readonly number[], expected: readonly number[]): void {
  const filled = stored.slice(expected.length).every((length) => length === 1);
  const shape = filled ? stored.slice(0, expected.length) : stored;
  const same = shape.length === expected.length && shape.every((length, i) => length === expected[i]);
  if (!same) {
    throw new AppError(
      'transcode/wrong-shape',
      'A tensor does not have the size the model’s description gives it',
      {
        tensor,
        found: shape.join('×'),
        expected: expected.join('×'),
      },
    );
  }
}

export function missingTensor(tensor: string): AppError {
  return new AppError('transcode/missing-tensor', `The model has no ${tensor}`, { tensor });
}

export function wrongArchitecture(found: string): AppError {
  return new AppError(
    'transcode/wrong-architecture',
    `This is a ${found} model; only llama models can be converted`,
    {
      architecture: found,
    },
  );
}
