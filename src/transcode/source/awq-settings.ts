/** How a folder's AWQ weights were quantised. */
import type { ByteSource } from '../../lib/byte-source.ts';
import { AppError } from '../../errors/app-error.ts';
import { z } from '../../lib/zod.ts';
import type { HfConfig } from './hf-config.ts';
import { GROUP } from '../../formats/mlc-package/group.ts';
import { readJson } from './read-json.ts';

/** AutoAWQ's two spellings: `quantization_config` in config.json, and quant_config.json. */
const awqConfig = z.object({
  quant_method: z.string().optional(),
  bits: z.number().optional(),
  w_bit: z.number().optional(),
  group_size: z.number().int().optional(),
  q_group_size: z.number().int().optional(),
  version: z.string().optional(),
});

export async function readAwqGroup(
  folder: ReadonlyMap<string, ByteSource>,
  config: HfConfig,
  signal?: AbortSignal,
): Promise<number> {
  const side = folder.get('quant_config.json');
  const raw =
    config.quantization_config ?? (side === undefined ? {} : await readJson(side, awqConfig, signal));
  const parsed = awqConfig.safeParse(raw);
  if (!parsed.success)
    throw new AppError('transcode/malformed', 'The quantisation settings are not understood');
  const { quant_method = 'awq', version = 'gemm', bits, w_bit, group_size, q_group_size } = parsed.data;
  if (quant_method !== 'awq' || version.toLowerCase() !== 'gemm' || (bits ?? w_bit ?? 4) !== 4) {
    throw new AppError(
      'transcode/unsupported',
      'Of quantised safetensors only 4-bit AWQ GEMM can be converted',
      {
        method: quant_method,
        version,
        bits: bits ?? w_bit ?? 4,
      },
    );
  }
  const group = group_size ?? q_group_size ?? 128;
  // AutoAWQ's spelling of one group for each whole row.
  if (group === -1) return -1;
  if (group < GROUP || group % GROUP !== 0) {
    throw new AppError('transcode/unsupported', 'The AWQ group size does not divide by 32', { group });
  }
  return group;
}
