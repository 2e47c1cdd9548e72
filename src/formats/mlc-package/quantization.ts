import { z } from '../../lib/zod.ts';

/** MLC's two 4-bit forms, both in groups of 32: scales and norms in f16, or in f32 for GPUs without 16-bit floats. */
export const MLC_QUANTIZATIONS = ['q4f16_1', 'q4f32_1'] as const;

export type MlcQuantization = (typeof MLC_QUANTIZATIONS)[number];

export const mlcQuantization = z.enum(MLC_QUANTIZATIONS);

export function isMlcQuantization(value: unknown): value is MlcQuantization {
  return mlcQuantization.safeParse(value).success;
}
