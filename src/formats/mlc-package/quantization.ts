/**
 * MLC's two 4-bit forms, both in groups of 32: scales and norms in f16, or in f32 for GPUs without 16-bit floats. No schema
 * here: it would bring zod into the page's first bundle.
 */
export const MLC_QUANTIZATIONS = ['q4f16_1', 'q4f32_1'] as const;

export type MlcQuantization = (typeof MLC_QUANTIZATIONS)[number];

export function isMlcQuantization(value: unknown): value is MlcQuantization {
  return MLC_QUANTIZATIONS.some((form) => form === value);
}
