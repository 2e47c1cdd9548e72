/** What options should score, by the independent forward pass over the Demo model's F16 file, and the exam items to ask. */
import prompts from '../../model-config/demo/corpus/prompts.json' with { type: 'json' };
import aboutThisApp from '../../model-config/question-sets/about-this-app.json' with { type: 'json' };
import { cutOptions } from '../../src/engine/llamacpp/worker/score.ts';
import { readSpmVocabulary, SpmTokenizer } from '../../src/engine/llamacpp/worker/tokens/spm-tokenizer.ts';
import type { OptionScore } from '../../src/engine/port.ts';
import { questionSetSchema } from '../../src/exams/items/item.ts';
import { showAsGiven } from '../../src/exams/runs/ask.ts';
import { renderItem } from '../../src/exams/runs/forms.ts';
import { readReferenceGguf } from '../../src/transcode/testing/reference-gguf.ts';
import { ReferenceLlama, type ReadFile } from '../../src/transcode/testing/reference-llama.ts';

export interface ExamPrompt {
  readonly prompt: string;
  readonly options: readonly string[];
}

/** Every `step`th item about this app, in turn by its letters and by its options' texts, as a run asks them. */
export function examPrompts(step: number): readonly ExamPrompt[] {
  const set = questionSetSchema.parse(aboutThisApp);
  const plan = {
    form: 'chat',
    system: prompts.system,
    closing: '',
    chatFormat: 'authors-zero-shot',
  } as const;
  return set.items
    .filter((_, at) => at % step === 0)
    .map((item, index) => {
      const method =
        index % 2 === 0
          ? ({ kind: 'option-letters' } as const)
          : ({ kind: 'option-texts', normalise: 'none' } as const);
      const { prefix, own, continuations } = renderItem({ ...plan, method }, [], showAsGiven(item));
      return { prompt: prefix + own, options: continuations };
    });
}

/**
 * @param weights a package made from the file, to compute with its weights; or how the file's own are computed with.
 * @returns what the options score after the prompt.
 */
export async function forwardPass(
  gguf: Uint8Array,
  weights: { readonly halves: boolean } | { readonly package: ReadFile },
): Promise<(asked: ExamPrompt) => readonly OptionScore[]> {
  const model = await readReferenceGguf(gguf);
  const vocabulary = readSpmVocabulary(model.header.metadata);
  if (!vocabulary) throw new Error('no vocabulary');
  const tokenizer = new SpmTokenizer(vocabulary);
  const llama = new ReferenceLlama(
    'package' in weights ? weights.package : { ...model, halves: weights.halves },
  );
  return ({ prompt, options }) => {
    const { condition, continuations } = cutOptions(
      tokenizer,
      prompt,
      options.map((each) => prompt + each),
    );
    return continuations.map((ids, at) => {
      let logits = llama.logitsAfter([1, ...condition]);
      const sum = ids.reduce((before, id) => {
        const value = logProbability(logits, id);
        logits = llama.next(id);
        return before + value;
      }, 0);
      return { option: options[at] ?? '', logProbability: sum, tokens: ids.length };
    });
  };
}

function logProbability(logits: Float32Array, id: number): number {
  const most = Math.max(...logits);
  return (logits[id] ?? 0) - most - Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
}

/** Nats a token between two scorings of the same options: a text's figure is a sum over its tokens, and so is its rounding. */
export function differences(found: readonly OptionScore[], expected: readonly OptionScore[]): number[] {
  return found.map(({ logProbability, tokens }, at) => {
    const other = expected[at];
    if (other?.tokens !== tokens) throw new Error(`${tokens} tokens instead of ${other?.tokens ?? 0}`);
    return Math.abs(logProbability - other.logProbability) / tokens;
  });
}

/** The likeliest option, and by how many nats it leads. */
export function prediction(scores: readonly OptionScore[]): {
  readonly option: string;
  readonly lead: number;
} {
  const [best, next] = [...scores].sort((a, b) => b.logProbability - a.logProbability);
  return {
    option: best?.option ?? '',
    lead: (best?.logProbability ?? 0) - (next?.logProbability ?? -Infinity),
  };
}
