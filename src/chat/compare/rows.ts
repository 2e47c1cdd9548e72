/** Versions and what people found of them, as rows. */
import Papa from 'papaparse';
import type { Version } from '../../conversations/data/judgements.ts';
import { serverTitle } from '../../engine/tab/server-title.ts';
import type { RatingRow } from '../../lib/rating.ts';
import { FORMULA_LIKE } from '../../lib/spreadsheet.ts';

/** One line a version, with all that it was asked with. */
export function versionsCsv(question: string, versions: readonly Version[]): string {
  const rows = versions.map((version, at) => {
    const { about: p } = version;
    return {
      version: at + 1,
      id: version.id,
      question,
      model: p?.modelName ?? '',
      quantization: p?.quantization ?? '',
      engine: p ? `${p.engine} ${p.engineVersion}` : '',
      adapter: p?.adapter ?? '',
      server: p?.server ? serverTitle(p.server) : '',
      served_model: p?.server?.model ?? '',
      server_fingerprint: p?.server?.fingerprint ?? '',
      preset: p?.preset ?? '',
      prompt_format: p?.promptFormat ?? '',
      temperature: p?.sampling.temperature ?? '',
      top_p: p?.sampling.topP ?? '',
      top_k: p?.sampling.topK ?? '',
      repetition_penalty: p?.sampling.repetitionPenalty ?? '',
      seed: p?.seedUsed ?? '',
      status: version.status,
      ended_by: p?.finishReason ?? '',
      prompt_tokens: p?.promptTokens ?? '',
      tokens: p?.completionTokens ?? '',
      mean_log_probability: meanLogProbability(version) ?? '',
      reply: version.text,
      prompt: p?.prompt ?? '',
    };
  });
  return `${Papa.unparse(rows, { escapeFormulae: FORMULA_LIKE })}\r\n`;
}

export function meanLogProbability({ about }: Pick<Version, 'about'>): number | null {
  const known = (about?.tokens?.tokens ?? []).flatMap(({ logProbability }) =>
    logProbability === null ? [] : [logProbability],
  );
  return known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0) / known.length;
}

/** A comparison with its note, beyond what the rating platform's rows hold. */
interface ComparisonRow extends RatingRow {
  readonly sampling_1: unknown;
  readonly sampling_2: unknown;
  readonly ran_on_1: string;
  readonly ran_on_2: string;
  readonly note: string;
  readonly order_hidden: boolean;
}

/** JSON lines: every comparison and every rating of these versions, in the form of the exams' ratings. */
export function judgementRows(question: string, versions: readonly Version[]): string {
  const byId = new Map(versions.map((version) => [version.id, version]));
  const pairs = versions.flatMap((one) =>
    (one.comparisons ?? []).flatMap(({ other: otherId, better, hidden, swapped, note }) => {
      const other = byId.get(otherId);
      if (!other) return [];
      const row: ComparisonRow = {
        id: `${one.id}/${otherId}`,
        pair_id: `${one.id}/${otherId}`,
        prompt: question,
        model_1: nameOf(one),
        model_1_answer: one.text,
        model_2: nameOf(other),
        model_2_answer: other.text,
        scores: {},
        flags: [],
        winner: better === 'tie' ? 'tie' : better === 'this' ? 'model_1' : 'model_2',
        was_swapped: swapped,
        sampling_1: samplingOf(one),
        sampling_2: samplingOf(other),
        ran_on_1: ranOn(one),
        ran_on_2: ranOn(other),
        note,
        order_hidden: hidden,
      };
      return [row];
    }),
  );
  const alone = versions.flatMap((version) => {
    if (!version.rating) return [];
    const row: RatingRow & Pick<ComparisonRow, 'sampling_1' | 'ran_on_1'> = {
      id: version.id,
      pair_id: null,
      prompt: question,
      model_1: nameOf(version),
      model_1_answer: version.text,
      model_2: null,
      model_2_answer: null,
      scores: version.rating.scores,
      flags: version.rating.flags,
      winner: null,
      was_swapped: false,
      sampling_1: samplingOf(version),
      ran_on_1: ranOn(version),
    };
    return [row];
  });
  return [...pairs, ...alone].map((row) => `${JSON.stringify(row)}\n`).join('');
}

function nameOf({ about }: Version): string {
  return about?.modelName ?? '';
}

/** e.g. `llamacpp 3.8.1, CPU`, `remote vLLM 0.33.0, on llm.example.org`. */
function ranOn({ about: p }: Version): string {
  if (!p) return '';
  return `${p.engine} ${p.engineVersion}, ${p.server ? `on ${serverTitle(p.server)}` : p.adapter || p.backend}`;
}

function samplingOf({ about }: Version): unknown {
  return (
    about && {
      ...about.sampling,
      seed: about.seedUsed,
      preset: about.preset ?? null,
      format: about.promptFormat,
    }
  );
}
