/**
 * Which of the things on this machine to load for a model, on this device, as the engines want it said.
 * Used by the Models screen and by the chat.
 */
import { MLC_QUANTIZATIONS } from '../../formats/mlc-package/quantization.ts';
import type { DeviceFacts } from '../../engine/engine-entry.ts';
import type { LlamaCppModel, ModelFile } from '../../engine/llamacpp/model.ts';
import type { MlcModel } from '../../engine/mlc/model.ts';
import { ENGINES } from '../../engine/registry.ts';
import { AppError } from '../../errors/app-error.ts';
import { fileUrl, findSource } from '../catalogue/catalogue-lookup.ts';
import type { Catalogue, RunnableEntry } from '../catalogue/catalogue-schema.ts';
import { libraryUrl } from '../catalogue/library-url.ts';
import { startModels, useModels, type ModelsState } from '../screen/models-store.ts';
import type { InstallRecord, PackageForm } from '../storage/records.ts';

export interface LoadOption {
  readonly form: PackageForm;
  /** null: the built-in file beside the page. */
  readonly install: InstallRecord | null;
}

/**
 * What could be loaded of a model here, best first: the form a person prefers, then the engine the catalogue recommends.
 * Forms the device can't run are left out.
 */
export function loadOptions(
  entry: RunnableEntry,
  device: DeviceFacts,
  state: Pick<ModelsState, 'installs' | 'preferredForms'>,
): readonly LoadOption[] {
  const ready = state.installs.filter(
    (each) => each.acquisition.modelId === entry.id && each.status === 'ready',
  );
  const installed = (form: PackageForm): LoadOption[] =>
    ready.filter((each) => each.acquisition.form === form).map((install) => ({ form, install }));
  const mlc = MLC_QUANTIZATIONS.filter((form) => canRun(device, form)).flatMap(installed);
  const gguf = entry.llamacpp
    ? [
        ...installed('gguf'),
        ...(entry.llamacpp.bundled === null ? [] : [{ form: 'gguf' as const, install: null }]),
      ]
    : [];
  const options = entry.recommended.engine === 'mlc' ? [...mlc, ...gguf] : [...gguf, ...mlc];
  const preferred = state.preferredForms.get(entry.id);
  return [
    ...options.filter(({ form }) => form === preferred),
    ...options.filter(({ form }) => form !== preferred),
  ];
}

/** Some engine of this build runs the form here. */
export function canRun(device: DeviceFacts, form: PackageForm): boolean {
  return Object.values(ENGINES).some(({ fits }) =>
    fits(device).some((way) => way.form === form && way.lack === null),
  );
}

/** llama.cpp decides itself; here this only chooses the window to ask for. */
function llamaCppUsesGpu(device: DeviceFacts): boolean {
  return ENGINES.llamacpp.fits(device).some(({ on, lack }) => on === 'gpu' && lack === null);
}

/**
 * @throws AppError `models/not-here` when nothing this device can run is on this machine, `storage/*`.
 */
export async function modelToLoad(
  entry: RunnableEntry,
  device: DeviceFacts,
): Promise<LlamaCppModel | MlcModel> {
  await startModels();
  const state = useModels.getState();
  const [option] = loadOptions(entry, device, state);
  if (!option || !state.catalogue) {
    throw new AppError('models/not-here', `${entry.id} is not on this machine`, { modelId: entry.id });
  }
  return toLoad(state.catalogue, entry, option, device, state.libraries);
}

/** @throws AppError `models/not-here` when the file is gone, `storage/*`. */
export async function toLoad(
  catalogue: Catalogue,
  entry: RunnableEntry,
  { form, install }: LoadOption,
  device: DeviceFacts,
  libraries: ModelsState['libraries'],
): Promise<LlamaCppModel | MlcModel> {
  const siteUrl = new URL('.', document.baseURI).href;
  const common = {
    modelId: entry.id,
    displayName: entry.name,
    ...(install && install.verifiedAt !== null && { verifiedAt: install.verifiedAt }),
  };
  if (form === 'gguf') {
    const { llamacpp } = entry;
    if (!llamacpp)
      throw new AppError('models/unknown', `${entry.id} has no llama.cpp settings`, { modelId: entry.id });
    return {
      ...common,
      engine: 'llamacpp',
      quantization: quantizationOf(entry, install),
      files: [install ? await keptFile(install) : bundledFile(catalogue, entry, siteUrl)],
      contextLength: llamaCppUsesGpu(device) ? llamacpp.contextLength : llamacpp.cpuContextLength,
      backend: 'auto',
    };
  }
  if (!install || entry.mlc === null)
    throw new AppError('models/not-here', `${entry.id} is not here`, { modelId: entry.id });
  const { url } = libraryUrl(entry, form, siteUrl);
  const librarySha256 = libraries.find((each) => each.url === url)?.sha256;
  const window = entry.mlc.contextLength;
  return {
    ...common,
    engine: 'mlc',
    quantization: form,
    baseUrl: install.baseUrl,
    libraryUrl: url,
    ...(librarySha256 !== undefined && librarySha256 !== '' && { librarySha256 }),
    contextLength: install.contextLength > 0 ? Math.min(window, install.contextLength) : window,
  };
}

async function keptFile(install: InstallRecord): Promise<ModelFile> {
  const { readGguf } = await import('../storage/gguf-store.ts');
  const blob = await readGguf(install.fileName);
  if (blob?.size !== install.storedBytes) {
    throw new AppError('models/not-here', `${install.fileName} is gone or cut short`, {
      modelId: install.acquisition.modelId,
      bytes: blob?.size ?? 0,
      expectedBytes: install.storedBytes,
    });
  }
  return { from: 'blob', blob, name: install.fileName };
}

function bundledFile(catalogue: Catalogue, entry: RunnableEntry, siteUrl: string): ModelFile {
  const source = findSource(entry, entry.llamacpp?.bundled ?? '');
  return {
    from: 'url',
    url: fileUrl(catalogue, source.at, siteUrl),
    bytes: source.bytes,
    ...(source.sha256 !== null && { sha256: source.sha256 }),
  };
}

function quantizationOf(entry: RunnableEntry, install: InstallRecord | null): string {
  const sourceId = install ? install.acquisition.sourceId : (entry.llamacpp?.bundled ?? '');
  return entry.sources.find((each) => each.id === sourceId)?.label ?? 'GGUF';
}
