/** What a bundle's `config.json` says, and which catalogue entry a package is. Pure, so that its tests need no files. */
import type { Catalogue, DeployerConfig, RunnableEntry } from '../../models/catalogue/catalogue-schema.ts';
import { toAppError } from '../../errors/app-error.ts';
import {
  parseChatConfig,
  type ChatConfig,
  type PackageSizes,
} from '../../formats/mlc-package/chat-config.ts';
import { CHAT_CONFIG_FILE } from '../../formats/mlc-package/package-json.ts';
import { MLC_QUANTIZATIONS, type MlcQuantization } from '../../formats/mlc-package/quantization.ts';
import { UsageError } from '../transcode/transcode-args.ts';

/** @throws UsageError where the file is not the chat config of a 4-bit package. */
export function readChatConfig(text: string): {
  readonly quantization: MlcQuantization;
  readonly sizes: PackageSizes;
} {
  const { quantization, sizes } = parsed(text);
  if (quantization === null || sizes === null)
    throw new UsageError(`${CHAT_CONFIG_FILE} is not that of a ${MLC_QUANTIZATIONS.join(' or ')} package`);
  return { quantization, sizes };
}

function parsed(text: string): ChatConfig {
  try {
    return parseChatConfig(text, CHAT_CONFIG_FILE);
  } catch (thrown) {
    throw new UsageError(toAppError(thrown, 'engine/package-incomplete').message);
  }
}

/** @throws UsageError where no entry, or not the named one, can be this package. */
export function entryOfPackage(
  catalogue: Catalogue,
  sizes: PackageSizes,
  wanted: string | null,
): RunnableEntry {
  const runnable = catalogue.models.filter((entry): entry is RunnableEntry => entry.kind !== 'unavailable');
  const found =
    wanted === null
      ? runnable.find(
          ({ architecture }) =>
            architecture.hidden === sizes.hidden &&
            architecture.feedForward === sizes.feedForward &&
            architecture.layers === sizes.layers &&
            architecture.heads === sizes.heads,
        )
      : runnable.find(({ id }) => id === wanted);
  if (found?.mlc) return found;
  const ids = runnable.filter(({ mlc }) => mlc !== null).map(({ id }) => id);
  throw new UsageError(
    wanted === null
      ? `no catalogue entry has these sizes; name one with --model: ${ids.join(', ')}`
      : `"${wanted}" is none of the entries that MLC runs: ${ids.join(', ')}`,
  );
}

/**
 * The deployer's configuration with the entry's sources replaced by the package beside the page: on a closed network the
 * others could only fail.
 * @param bytes size of the package's weights. @param library where it lies, relative to the page, and its SHA-256.
 */
export function bundleConfig(
  base: DeployerConfig,
  entry: RunnableEntry,
  found: {
    readonly quantization: MlcQuantization;
    readonly folder: string;
    readonly bytes: number;
    /** The licence's text, relative to the page. */
    readonly licence: string | null;
    readonly library: { readonly path: string; readonly sha256: string } | null;
  },
): DeployerConfig {
  const known = entry.mlc?.quantizations[found.quantization];
  const source = {
    id: 'bundled',
    label: `MLC package of this site, ${found.quantization}`,
    format: 'mlc' as const,
    quantization: found.quantization,
    at: { url: `${found.folder}/` },
    bytes: found.bytes,
    sha256: null,
    note: '',
    relativeRmse: null,
  };
  const replaced: RunnableEntry = {
    ...entry,
    licence: { ...entry.licence, url: found.licence ?? entry.licence.url },
    recommended: {
      engine: entry.kind === 'built-in' ? entry.recommended.engine : 'mlc',
      source: entry.kind === 'built-in' ? entry.recommended.source : source.id,
    },
    // A built-in model's own file stays: it is part of the app.
    sources: entry.kind === 'built-in' ? [...entry.sources, source] : [source],
    mlc: entry.mlc && {
      ...entry.mlc,
      quantizations: {
        [found.quantization]: {
          gpuBytes: known?.gpuBytes ?? 0,
          library: found.library?.path ?? null,
          librarySha256: found.library?.sha256 ?? null,
        },
      },
    },
  };
  return { ...base, models: [...base.models.filter(({ id }) => id !== entry.id), replaced] };
}
