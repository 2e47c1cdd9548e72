import { isAbsolute, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError } from '../transcode/transcode-args.ts';

export const BUNDLE_USAGE = `Makes one folder with the app, a converted model and its library, for hosts without the internet.

  npm run bundle -- --with DIR [--library FILE.wasm] [--licence FILE] [--to OUT] [--model ID] [--sign KEY.pem [--signer NAME]]

  --with     a package made by "npm run transcode" (mlc-chat-config.json, tensor-cache.json, shards, tokenizer)
  --library  the compiled model library; default: the one .wasm file in DIR. Without either, each person imports it
  --licence  the text of the weights' licence, to go with them; default: LICENSE, LICENSE.txt or LICENSE.md in DIR
  --to       the folder to make, new or made by this command before (default: bundle)
  --model    the catalogue entry it is (default: the one with the same sizes)
  --sign     an Ed25519 key (openssl genpkey -algorithm ed25519 -out KEY.pem): "npm run verify" then says who signed
  --signer   the name that goes with it

Exit codes: 0 done, 1 unexpected failure, 2 wrong arguments or an unfit folder, 6 the package is damaged.`;

export interface BundleCommand {
  readonly from: string;
  /** Null: looked for in `from`. */
  readonly library: string | null;
  /** Null: looked for in `from`. */
  readonly licence: string | null;
  readonly to: string;
  /** Null: told by the sizes in the package's chat config. */
  readonly model: string | null;
  /** Null: not signed. */
  readonly sign: { readonly key: string; readonly name: string } | null;
}

/** @returns null where help is asked for. @throws UsageError */
export function parseBundleCommand(args: readonly string[]): BundleCommand | null {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        with: { type: 'string' },
        library: { type: 'string' },
        licence: { type: 'string' },
        to: { type: 'string' },
        model: { type: 'string' },
        sign: { type: 'string' },
        signer: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (thrown) {
    throw new UsageError(thrown instanceof Error ? thrown.message : String(thrown));
  }
  if (values.help === true) return null;
  if (values.with === undefined) throw new UsageError('--with is needed');
  const to = values.to ?? 'bundle';
  // A folder that this command made before is emptied first: the package of an earlier bundle would go with it.
  for (const source of [values.with, values.library, values.licence])
    if (source !== undefined && isWithin(to, source))
      throw new UsageError(`${source} lies in ${to}, which is emptied first: name another folder with --to`);
  return {
    from: values.with,
    library: values.library ?? null,
    licence: values.licence ?? null,
    to,
    model: values.model ?? null,
    sign: values.sign === undefined ? null : { key: values.sign, name: values.signer ?? '' },
  };
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !/^\.\.[/\\]/.test(way) && !isAbsolute(way);
}
