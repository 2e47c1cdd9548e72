/** Test in the dialog: asks a server what it is, before anything of it is kept. */
import { browserSurroundings } from '../../engine/remote/browser.ts';
import { startSentence, type ServerAbilities } from '../../engine/remote/connect/abilities.ts';
import { ignoredSentence } from '../../engine/remote/completion-request.ts';
import { listModels, probeServer } from '../../engine/remote/connect/probe.ts';
import { AppError } from '../../errors/app-error.ts';
import { MAX_SERVED_NAME } from './server-records.ts';
import { requireAllowedServer } from '../../preferences/site-policy.ts';

export interface Tried {
  /** What the server lists; empty when it could not be asked. */
  readonly models: readonly string[];
  /** The model whose name was given, or the only one; null when it must be chosen. */
  readonly abilities: ServerAbilities | null;
}

/**
 * @param model '' takes the only one.
 * @throws AppError `policy/forbidden`, `server/*`, `network/offline-only`, `aborted`.
 */
export async function tryServer(
  { root, key, model }: { readonly root: string; readonly key: string; readonly model: string },
  signal: AbortSignal,
  onModels: (models: readonly string[]) => void,
): Promise<Tried> {
  requireAllowedServer(root);
  // Some servers take any name; one that could not be kept is no name.
  if (model.length > MAX_SERVED_NAME)
    throw new AppError('server/model', 'no name of a model is that long', { length: model.length });
  const server = { root, key: () => (key === '' ? null : key) };
  const surroundings = browserSurroundings();
  const models = (await listModels(server, surroundings, signal)).map(({ id }) => id);
  onModels(models);
  const wanted = model === '' ? null : model;
  if (wanted === null && models.length !== 1) {
    if (models.length === 0) throw new AppError('server/model', 'the server lists no model', { models: '' });
    return { models, abilities: null };
  }
  return { models, abilities: await probeServer(server, surroundings, wanted, signal) };
}

/** What was found, in sentences. */
export function describeAbilities(abilities: ServerAbilities): readonly string[] {
  const {
    software,
    model,
    contextKnown,
    contextLength,
    counting,
    scoring,
    scoringProblem,
    bosTokens,
    ignores,
  } = abilities;
  return [
    `It answers${software === '' ? '' : ` (${software})`} and writes with ${model}.`,
    contextKnown
      ? `Window: ${contextLength.toLocaleString('en-GB')} tokens.`
      : `It does not tell its window; ${contextLength.toLocaleString('en-GB')} tokens are assumed.`,
    counting === 'tokenize'
      ? 'It counts tokens.'
      : 'It does not count tokens: lengths are estimated, never too short.',
    scoring === null
      ? `It can’t score options of exam questions. ${scoringProblem}`
      : 'It scores options of exam questions; this was checked.',
    startSentence(bosTokens),
    ignoredSentence(ignores),
  ].filter((sentence) => sentence !== '');
}
