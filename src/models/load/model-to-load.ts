/**
 * Which of the things on this machine to load for a model, on this device, as the engines want it said.
 * Used by the Models screen and by the chat.
 */
import type { DeviceProbe } from '../../device/probe.ts';
import { mlcRequirements } from '../../engine/mlc/requirements.ts';
import { AppError } from '../../errors/app-error.ts';
import type { ModelToLoad } from '../../engine/port.ts';
import { fileUrl, findSource } from '../catalogue/catalogue-lookup.ts';
import type { Catalogue, RunnableEntry } from '../catalogue/catalogue-schema.ts';
import { libraryUrl } from '../catalogue/library-url.ts';
import { startModels, useModels, type ModelsState } from '../screen/models-store.ts';
import type { InstallRecord, MlcForm, PackageForm } from '../storage/records.ts';

/** What decides between forms: of the device, only its GPU and what llama.cpp needs to use it. */
export type DeviceAbilities = Pick<DeviceProbe, 'gpu'> & { readonly wasm: Pick<DeviceProbe['wasm'], 'jspi'> };

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
  device: DeviceAbilities,
  state: Pick<ModelsState, 'installs' | 'preferredForms'>,
): readonly LoadOption[] {
  const ready = state.installs.filter(
    (each) => each.acquisition.modelId === entry.id && each.status === 'ready',
  );
  const installed = (form: PackageForm): LoadOption[] =>
    ready.filter((each) => each.acquisition.form === form).map((install) => ({ form, install }));
  const mlc = (['q4f16_1', 'q4f32_1'] as const).filter((form) => canRunMlc(device, form)).flatMap(installed);
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

export function canRunMlc({ gpu }: DeviceAbilities, form: MlcForm): boolean {
  return gpu.status === 'available' && mlcRequirements(gpu, form).ok;
}

/** The same conditions as `engine/llamacpp/backend.ts`, which decides; here they only choose the window to ask for. */
function llamaCppUsesGpu({ gpu, wasm }: DeviceAbilities): boolean {
  return gpu.status === 'available' && gpu.features.includes('shader-f16') && wasm.jspi;
}

/**
 * @throws AppError `models/not-here` when nothing this device can run is on this machine, `storage/*`.
 */
export async function modelToLoad(entry: RunnableEntry, device: DeviceAbilities): Promise<ModelToLoad> {
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
  device: DeviceAbilities,
  libraries: ModelsState['libraries'],
): Promise<ModelToLoad> {
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

type LlamaCppFile = Extract<ModelToLoad, { engine: 'llamacpp' }>['files'][number];

async function keptFile(install: InstallRecord): Promise<LlamaCppFile> {
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

function bundledFile(catalogue: Catalogue, entry: RunnableEntry, siteUrl: string): LlamaCppFile {
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
