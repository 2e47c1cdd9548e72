/** From what a person picked on the Models screen to an `Acquisition` that a worker without a catalogue can carry out. */
import { OLD_TENSOR_CACHE_FILE, TENSOR_CACHE_FILE } from '../../formats/mlc-package/package-json.ts';
import { AppError } from '../../errors/app-error.ts';
import { baseName, isTorchName } from '../../transcode/source/file-names.ts';
import { refuseSeveralModels } from '../../transcode/source/several-models.ts';
import { fileUrl, sourcePage, treeUrl } from '../catalogue/catalogue-lookup.ts';
import type { Catalogue, CatalogueSource, RunnableEntry } from '../catalogue/catalogue-schema.ts';
import type { ChosenFile } from './ways/acquisition-run.ts';
import { libraryUrl } from '../catalogue/library-url.ts';
import type { Acquisition, MlcForm, PackageForm, SourceFormat } from '../storage/records.ts';

export interface AcquisitionChoice {
  readonly entry: RunnableEntry;
  readonly form: PackageForm;
  readonly quality: 'fast' | 'best';
}

/** @param siteUrl absolute URL of the app. */
export function acquisitionFromSource(
  catalogue: Catalogue,
  { entry, form, quality }: AcquisitionChoice,
  source: CatalogueSource,
  siteUrl: string,
): Acquisition {
  return {
    ...common(entry, form, quality, siteUrl),
    sourceId: source.id,
    sourceLabel: sourceLabel(catalogue, source, siteUrl),
    origin: {
      from: 'url',
      format: source.format,
      url:
        source.format === 'gguf'
          ? fileUrl(catalogue, source.at, siteUrl)
          : folderUrl(catalogue, source, siteUrl),
      path: 'hub' in source.at ? (source.at.file ?? '') : '',
      treeUrl: treeUrl(catalogue, source.at, siteUrl),
      sha256: source.sha256,
    },
  };
}

/** @throws AppError `models/no-weights` when the files are nothing the app can use. */
export function acquisitionFromFiles(
  { entry, form, quality }: AcquisitionChoice,
  files: readonly ChosenFile[],
  siteUrl: string,
): Acquisition {
  const { format, files: used } = recogniseFiles(files);
  return {
    ...common(entry, form, quality, siteUrl),
    sourceId: '',
    sourceLabel:
      used.length === 1
        ? (used[0]?.path ?? '')
        : `${used[0]?.path.split('/')[0] ?? ''} (${String(used.length)} files)`,
    origin: {
      from: 'files',
      format,
      files: used.map(({ path, file }) => ({ path, size: file.size, lastModified: file.lastModified })),
    },
  };
}

/** Only a package has one. */
const INDEX_FILES: ReadonlySet<string> = new Set([TENSOR_CACHE_FILE, OLD_TENSOR_CACHE_FILE]);

/**
 * What a person's choice of files is, by their names; the content is checked when it is read.
 * @returns only the files that matter: a GGUF beside a README is that GGUF.
 * @throws AppError `models/no-weights`, `transcode/several-models`.
 */
export function recogniseFiles(files: readonly ChosenFile[]): {
  readonly format: SourceFormat;
  readonly files: readonly ChosenFile[];
} {
  const named = (pattern: RegExp): ChosenFile[] => files.filter(({ path }) => pattern.test(path));
  if (files.some(({ path }) => INDEX_FILES.has(path.split('/').at(-1) ?? '')))
    return { format: 'mlc', files };
  const gguf = named(/\.gguf$/i);
  const safetensors = named(/\.safetensors$/i);
  const models = [...gguf, ...safetensors.slice(0, 1)];
  refuseSeveralModels(models.map(({ path }) => path.split('/').at(-1) ?? path));
  const [first] = gguf;
  if (first) return { format: 'gguf', files: [first] };
  if (safetensors.length > 0) return { format: 'safetensors', files };
  if (files.some(({ path }) => isTorchName(baseName(path)))) return { format: 'torch', files };
  throw new AppError('models/no-weights', 'none of the chosen files holds weights the app can read', {
    files: files.length,
    first: files[0]?.path ?? '',
  });
}

function common(
  entry: RunnableEntry,
  form: PackageForm,
  quality: 'fast' | 'best',
  siteUrl: string,
): Omit<Acquisition, 'origin' | 'sourceId' | 'sourceLabel'> {
  return {
    modelId: entry.id,
    displayName: entry.name,
    form,
    quality,
    licenceId: entry.licence.mustAccept ? entry.licence.id : null,
    library: form === 'gguf' ? null : libraryOf(entry, form, siteUrl),
  };
}

function libraryOf(entry: RunnableEntry, form: MlcForm, siteUrl: string): Acquisition['library'] {
  const { url, published } = libraryUrl(entry, form, siteUrl);
  return published ? { url, sha256: entry.mlc?.quantizations[form]?.librarySha256 ?? null } : null;
}

/** The address below which a folder's files lie; ends with a slash. */
function folderUrl(catalogue: Catalogue, source: CatalogueSource, siteUrl: string): string {
  if ('url' in source.at) return fileUrl(catalogue, source.at, siteUrl);
  const probe = fileUrl(catalogue, source.at, siteUrl, 'config.json');
  return new URL('.', probe).href;
}

function sourceLabel(catalogue: Catalogue, source: CatalogueSource, siteUrl: string): string {
  if ('hub' in source.at) return `${source.label}, ${source.at.repo}`;
  return `${source.label}, ${sourcePage(catalogue, source.at, siteUrl) ?? source.at.url}`;
}
