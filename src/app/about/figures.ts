/**
 * The figures Meditron's authors publish for the 7B model: percent of multiple-choice items answered right.
 * Fine-tuned and truthfulness: model card of Meditron-7B. Raw: arXiv 2311.16079, three demonstrations in the prompt.
 */
export interface BenchmarkFigure {
  readonly name: string;
  /** What is asked, in words. */
  readonly what: string;
  /** Items in the part that is tested; null where the sources do not say. */
  readonly items: number | null;
  /** The base model as it is, which is what this app runs. */
  readonly raw: number;
  /** Trained further on this benchmark's own questions: another model than the one that runs here. */
  readonly fineTuned: number;
}

export const BENCHMARKS: readonly BenchmarkFigure[] = [
  {
    name: 'MMLU-Medical',
    what: 'The medical subjects of a broad exam collection',
    items: 1862,
    raw: 42.3,
    fineTuned: 54.2,
  },
  {
    name: 'PubMedQA',
    what: 'Yes, no or maybe, from a paper’s abstract',
    items: 500,
    raw: 69.3,
    fineTuned: 74.4,
  },
  {
    name: 'MedMCQA',
    what: 'Indian medical entrance exams, four options',
    items: 4183,
    raw: 36.3,
    fineTuned: 59.2,
  },
  { name: 'MedQA', what: 'US licensing exam, five options', items: 1273, raw: 28.7, fineTuned: 47.9 },
  {
    name: 'MedQA-4',
    what: 'The same questions with four options',
    items: null,
    raw: 37.4,
    fineTuned: 52.0,
  },
];

/** About what people need to pass such exams, percent. */
export const PASS_MARK = 60;

/** TruthfulQA, categories near medicine, one demonstration. */
export const TRUTHFULNESS: readonly { readonly name: string; readonly value: number }[] = [
  { name: 'Health', value: 27.3 },
  { name: 'Nutrition', value: 31.1 },
  { name: 'Psychology', value: 21.1 },
  { name: 'Science', value: 33.3 },
];
/** As published; the rounded figures above give 28.2. */
export const TRUTHFULNESS_MEAN = 28.3;
/** As published, over the five benchmarks. */
export const FINE_TUNED_MEAN = 57.5;

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function percent(value: number): string {
  return value.toFixed(1);
}

export const CITATION = `@misc{chen2023meditron70b,
  title         = {MEDITRON-70B: Scaling Medical Pretraining for Large Language Models},
  author        = {Zeming Chen and Alejandro Hernández-Cano and Angelika Romanou and
                   Antoine Bonnet and Kyle Matoba and Francesco Salvi and Matteo Pagliardini and
                   Simin Fan and Andreas Köpf and Amirkeivan Mohtashami and
                   Alexandre Sallinen and Alireza Sakhaeirad and Vinitra Swamy and
                   Igor Krawczuk and Deniz Bayazit and Axel Marmet and Syrielle Montariol and
                   Mary-Anne Hartley and Martin Jaggi and Antoine Bosselut},
  year          = {2023},
  eprint        = {2311.16079},
  archivePrefix = {arXiv},
  primaryClass  = {cs.CL}
}`;
