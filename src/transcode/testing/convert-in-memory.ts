import type { ByteSource } from '../../lib/byte-source.ts';
import { convert } from '../run/convert.ts';
import type { ConvertOptions, ConvertResult } from '../run/workers/conversion-port.ts';
import { openModel } from '../source/open-model.ts';
import { planPackage, type PlanOptions } from '../plan/plan-package.ts';
import { memoryJournal, memoryPackage, type MemoryPackage } from './memory.ts';

/** Opens, plans and converts; the package stays in memory. */
export async function convertInMemory(
  sources: readonly ByteSource[],
  options: Partial<PlanOptions> & Partial<ConvertOptions> = {},
): Promise<{ readonly result: ConvertResult; readonly files: MemoryPackage['files'] }> {
  const { quantization = 'q4f16_1', shardBytes, maxOpenBytes, ...rest } = options;
  const plan = planPackage(await openModel(sources), {
    quantization,
    ...(shardBytes === undefined ? {} : { shardBytes }),
    ...(maxOpenBytes === undefined ? {} : { maxOpenBytes }),
  });
  const sink = memoryPackage();
  const result = await convert(plan, { sink, journal: memoryJournal(), ...rest });
  return { result, files: sink.files };
}

/** A file of a package in memory. */
export function fileOf(files: MemoryPackage['files'], name: string): Uint8Array<ArrayBuffer> {
  const bytes = files.get(name);
  if (bytes === undefined) throw new Error(`the package has no ${name}`);
  return bytes;
}
