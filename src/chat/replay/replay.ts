/** Runs a reply again on what is loaded here: the same prompt, sampling and seed, from its own record. */
import type { Provenance } from '../../database/records.ts';
import type { ChosenToken, GenerationDone, LoadedModel } from '../../engine/port.ts';
import { AppError } from '../../errors/app-error.ts';
import { findPromptFormat } from '../../prompts/formats.ts';
import { replyText } from '../../prompts/reply.ts';
import type { ChatModel } from '../session/session-types.ts';
import { traced } from '../tokens/trace.ts';
import { compareTexts, compareTokens, type Comparison } from './parting.ts';

/** A reply as it is kept. */
export interface Original {
  readonly text: string;
  /** Changed by hand since: its text says nothing of the model's. */
  readonly edited: boolean;
  readonly provenance: Provenance;
}

export interface Replay {
  /** What was written now, as a reply shows it. */
  readonly text: string;
  /** null: nothing is left to compare with. */
  readonly comparison: Comparison | null;
  readonly loaded: LoadedModel;
  readonly done: GenerationDone;
}

/**
 * @param onText told the text so far.
 * @throws AppError `conversation/no-prompt` when the record has none, and what the engine throws; `aborted`.
 */
export async function replay(
  { text, edited, provenance: p }: Original,
  model: Pick<ChatModel, 'generate'>,
  loaded: LoadedModel,
  signal: AbortSignal,
  onText: (text: string) => void = () => undefined,
): Promise<Replay> {
  if (p.prompt === '') throw new AppError('conversation/no-prompt', 'the record has no prompt');
  const format = findPromptFormat(p.promptFormat);
  const stops = p.stops ?? format?.stops ?? [];
  const open = text.slice(0, p.continues ?? 0);
  const { topAlternatives, ...sampling } = p.sampling;
  const asked = {
    prompt: p.prompt,
    stops,
    sampling: {
      ...sampling,
      seed: p.seedUsed,
      // One that was stopped is compared as far as it came.
      maxTokens: p.finishReason === 'aborted' ? Math.max(1, p.completionTokens) : sampling.maxTokens,
    },
    ...(topAlternatives !== undefined && { topAlternatives }),
    ...(p.bannedTokens && { bannedTokens: p.bannedTokens }),
  };
  let generated = '';
  let done: GenerationDone | null = null;
  const told: ChosenToken[] = [];
  const read = (): string =>
    format ? replyText({ ...format, stops }, generated, open) : (open + generated).trim();
  for await (const event of model.generate(asked, signal)) {
    if (event.type === 'done') {
      done = event;
      continue;
    }
    generated += event.text;
    if (event.tokens) told.push(...event.tokens);
    onText(read());
  }
  if (!done || done.finishReason === 'aborted') throw new AppError('aborted', 'the replay was stopped');
  const before = p.tokens?.tokens.slice(p.tokens.from) ?? [];
  const comparison =
    before.length > 0 && told.length > 0
      ? compareTokens(before, told.map(traced), sameVocabulary(p, loaded))
      : edited
        ? null
        : compareTexts(text, read());
  return { text: read(), comparison, loaded, done };
}

/** Forms of one model share their vocabulary. */
function sameVocabulary(p: Provenance, loaded: LoadedModel): boolean {
  return p.modelId === loaded.modelId || (p.sourceSha256 !== '' && p.sourceSha256 === loaded.sourceSha256);
}

/** What decides which tokens come, there and here. */
export function circumstances(
  p: Provenance,
  loaded: LoadedModel,
  engineName: (kind: string) => string,
): readonly { readonly name: string; readonly there: string; readonly here: string }[] {
  const place = (backend: string, adapter: string): string => {
    if (backend === 'cpu') return 'CPU';
    if (backend === 'webgpu') return adapter === '' ? 'GPU' : `GPU: ${adapter}`;
    return backend;
  };
  return [
    {
      name: 'Model',
      there: `${p.modelName}, ${p.quantization}`,
      here: `${loaded.displayName}, ${loaded.quantization}`,
    },
    { name: 'Weights', there: short(p.sourceSha256), here: short(loaded.sourceSha256) },
    {
      name: 'Engine',
      there: `${engineName(p.engine)} ${p.engineVersion}`,
      here: `${engineName(loaded.engine)} ${loaded.engineVersion}`,
    },
    {
      name: 'Adapter',
      there: p.server ? p.server.name : place(p.backend, p.adapter),
      here: loaded.server ? loaded.server.name : place(loaded.backend, loaded.adapter),
    },
    ...(p.librarySha256 !== '' || loaded.librarySha256 !== ''
      ? [{ name: 'Model library', there: short(p.librarySha256), here: short(loaded.librarySha256) }]
      : []),
  ];
}

function short(sha256: string): string {
  return sha256 === '' ? 'not known' : `SHA-256 ${sha256.slice(0, 16)}…`;
}
