/** Which source of a model to get, as what: what a device is offered first, and the acquisition a choice means. */
import { MLC_QUANTIZATIONS } from '../../formats/mlc-package/quantization.ts';
import { acquisitionFromFiles, acquisitionFromSource } from '../acquire/acquisition.ts';
import { isHopeless } from '../acquire/can-resume.ts';
import type { ChosenFile } from '../acquire/ways/acquisition-run.ts';
import { findSource } from '../catalogue/catalogue-lookup.ts';
import type { Catalogue, RunnableEntry } from '../catalogue/catalogue-schema.ts';
import type { DeviceFacts } from '../../engine/engine-entry.ts';
import { canRun } from '../load/model-to-load.ts';
import type { InstallRecord, MlcForm, PackageForm } from '../storage/records.ts';

export interface SourceChoice {
  readonly sourceId: string;
  /** What Convert makes. */
  readonly mlcForm: MlcForm;
  /** What Import file makes of a GGUF. */
  readonly importAs: 'package' | 'gguf';
  readonly quality: 'fast' | 'best';
}

/** What was asked for, until its licence is accepted. */
export type Wanted =
  | { readonly from: 'source'; readonly form: PackageForm }
  | { readonly from: 'files'; readonly form: PackageForm; readonly files: readonly ChosenFile[] };

/** What can be had from the chosen source and is not here from it already. */
export function offers(
  entry: RunnableEntry,
  { sourceId, mlcForm }: SourceChoice,
  installs: readonly InstallRecord[],
): { readonly convert: PackageForm | null; readonly download: PackageForm | null } {
  const source = entry.sources.find((each) => each.id === sourceId);
  if (!source) return { convert: null, download: null };
  const missing = (form: PackageForm): PackageForm | null => {
    const here = installs.filter((each) => each.acquisition.form === form && !isHopeless(each));
    return here.some((each) => each.status === 'incomplete' || each.acquisition.sourceId === sourceId)
      ? null
      : form;
  };
  if (source.format === 'mlc') return { convert: null, download: missing(source.quantization) };
  const keeps =
    source.format === 'gguf' && source.runsAsIs && entry.llamacpp && entry.llamacpp.bundled !== sourceId;
  return { convert: entry.mlc ? missing(mlcForm) : null, download: keeps ? missing('gguf') : null };
}

/** The catalogue's source, in the form this device runs best. */
export function firstChoice(entry: RunnableEntry, device: DeviceFacts): SourceChoice {
  const forms = MLC_QUANTIZATIONS.filter((form) => entry.mlc?.quantizations[form] !== undefined);
  const runs = forms.find((form) => canRun(device, form));
  return {
    sourceId: entry.recommended.source,
    // Where no GPU runs it, the form that asks least of another machine's.
    mlcForm: runs ?? forms.at(-1) ?? 'q4f32_1',
    importAs: runs === undefined && entry.llamacpp !== null && entry.kind === 'fetched' ? 'gguf' : 'package',
    quality: 'fast',
  };
}

/** @throws AppError `models/no-weights`, `transcode/several-models`, `models/unknown`. */
export function acquisitionOf(
  catalogue: Catalogue,
  entry: RunnableEntry,
  { sourceId, quality }: SourceChoice,
  what: Wanted,
) {
  const choice = { entry, form: what.form, quality };
  if (what.from === 'files') return acquisitionFromFiles(choice, what.files, siteUrl());
  return acquisitionFromSource(catalogue, choice, findSource(entry, sourceId), siteUrl());
}

/** Absolute URL of the app. */
export function siteUrl(): string {
  return new URL('.', document.baseURI).href;
}
