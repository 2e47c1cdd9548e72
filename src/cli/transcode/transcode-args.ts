import { parseArgs } from 'node:util';
import type { AppError } from '../../errors/app-error.ts';
import {
  isMlcQuantization,
  MLC_QUANTIZATIONS,
  type MlcQuantization,
} from '../../formats/mlc-package/quantization.ts';
import type { Quality } from '../../transcode/weights/quantize.ts';

export const USAGE = `Makes an MLC package of a Llama-architecture model.

  npm run transcode -- --from FILE_OR_URL --to DIR [options]
  npm run transcode -- --verify DIR [--json]

  --from          a GGUF file; a folder with safetensors, PyTorch or AWQ weights, config.json and tokenizer; or an
                  http(s) URL of a GGUF file, or of such a folder (ending in /)
  --to            the folder to fill; the same command goes on after an interruption
  --quantization  q4f16_1 (default) or q4f32_1, for GPUs without 16-bit floats
  --quality       fast (default) or best: searches the scales of weights that must be rounded
  --threads       how many threads do that, the main one included (default: all cores)
  --verify        re-hashes a package against its provenance.json
  --json          one line of JSON on standard output instead of words

Exit codes: 0 done, 1 unexpected failure, 2 wrong arguments, 3 the source is not a model this can convert,
4 the source could not be read, 5 the result could not be stored, 6 the package is damaged, 130 interrupted.`;

export type Command =
  | {
      readonly kind: 'convert';
      readonly from: string;
      readonly to: string;
      readonly quantization: MlcQuantization;
      readonly quality: Quality;
      /** Null: all cores. */
      readonly threads: number | null;
      readonly json: boolean;
    }
  | { readonly kind: 'verify'; readonly folder: string; readonly json: boolean }
  | { readonly kind: 'help' };

/** Arguments that make no sense, in words for the person who typed them. */
export class UsageError extends Error {}

/** @throws UsageError */
export function parseCommand(args: readonly string[]): Command {
  const values = readValues(args);
  if (values.help === true) return { kind: 'help' };
  const json = values.json === true;
  if (values.verify !== undefined) {
    if (values.from !== undefined || values.to !== undefined) throw new UsageError('--verify stands alone');
    return { kind: 'verify', folder: values.verify, json };
  }
  if (values.from === undefined || values.to === undefined)
    throw new UsageError('--from and --to are needed');
  const { quantization = 'q4f16_1', quality = 'fast' } = values;
  if (!isMlcQuantization(quantization)) {
    throw new UsageError(`--quantization is ${MLC_QUANTIZATIONS.join(' or ')}`);
  }
  if (quality !== 'fast' && quality !== 'best') throw new UsageError('--quality is fast or best');
  if (values.threads !== undefined && !/^\d{1,3}$/.test(values.threads)) {
    throw new UsageError('--threads is a number');
  }
  const threads = values.threads === undefined ? null : Number(values.threads);
  return { kind: 'convert', from: values.from, to: values.to, quantization, quality, threads, json };
}

function readValues(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        quantization: { type: 'string' },
        quality: { type: 'string' },
        threads: { type: 'string' },
        verify: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (thrown) {
    throw new UsageError(thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
  }
}

/** The exit code for a failure; see USAGE. */
export function exitCode({ code }: AppError): number {
  if (code === 'aborted') return 130;
  if (code === 'transcode/package-damaged') return 6;
  if (code === 'transcode/worker-failed') return 1;
  if (code.startsWith('transcode/')) return 3;
  if (code.startsWith('bytes/')) return 4;
  if (code.startsWith('storage/')) return 5;
  return 1;
}
