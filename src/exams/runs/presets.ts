/** Settings by which others measured, and the figures they published with them. */
import type { FormId, Method, RunPlan } from './run-plan.ts';

export interface PublishedFigure {
  /** Share right, 0 to 1. */
  readonly accuracy: number;
  readonly standardError: number | null;
  readonly model: string;
  /** The setting in words: a figure for another setting is shown as another. */
  readonly setting: string;
  readonly examples: number;
  readonly source: string;
}

export interface Preset {
  readonly id: string;
  readonly name: string;
  /** Formats of question files it is meant for (`Reader.id`). */
  readonly formats: readonly string[];
  readonly form: FormId;
  readonly method: Method;
  readonly closing: string;
  readonly system: string;
  readonly examples: Pick<RunPlan['examples'], 'k' | 'split' | 'pick' | 'seed'>;
  /** The app's own remarks on where it differs. */
  readonly remark: string;
  readonly published: readonly PublishedFigure[];
}

const LETTERS: Method = { kind: 'option-letters' };
const PAPER = 'Meditron’s paper, arXiv 2311.16079';
const HARNESS = 'lm-evaluation-harness, reference run';

/** The authors generate greedily: as many tokens as the gold letter has, and eight more behind examples. */
function authorsWritten(maxTokens: number): Method {
  return {
    kind: 'written',
    extraction: 'first-letter',
    chainOfThought: false,
    temperature: 0,
    topP: 1,
    maxTokens,
    branches: 1,
  };
}

function raw3(accuracy: number): PublishedFigure {
  return {
    accuracy,
    standardError: null,
    model: 'Meditron-7B (raw)',
    setting: 'the authors’ form, 3 examples, mean of three seeds',
    examples: 3,
    source: PAPER,
  };
}

const AUTHORS_REMARK =
  'The authors choose examples by NumPy’s shuffle with the seeds 1234, 432 and 32, and penalise repeated tokens (frequency_penalty 1.0); here the examples are drawn by this app’s own generator, and one to nine tokens need no penalty.';

const random = (split: string): Preset['examples'] => ({ k: 3, split, pick: 'random', seed: 1234 });

export const PRESETS: readonly Preset[] = [
  {
    id: 'authors-medqa',
    name: 'Meditron’s authors: MedQA',
    formats: ['medqa', 'endings'],
    form: 'authors',
    method: authorsWritten(9),
    closing: 'The answer is:',
    system: 'Answer this multiple-choice question from an exam for doctors.',
    examples: random('train'),
    remark: AUTHORS_REMARK,
    published: [
      { ...raw3(0.287), setting: 'the authors’ form, 5 options, 3 examples, mean of three seeds' },
      { ...raw3(0.374), setting: 'the authors’ form, 4 options, 3 examples, mean of three seeds' },
    ],
  },
  {
    id: 'authors-medmcqa',
    name: 'Meditron’s authors: MedMCQA',
    formats: ['medmcqa'],
    form: 'authors',
    method: authorsWritten(9),
    closing: 'The answer is:',
    system: 'Answer this multiple-choice question from a medical entrance exam.',
    examples: random('train'),
    remark: AUTHORS_REMARK,
    published: [raw3(0.363)],
  },
  {
    id: 'authors-pubmedqa',
    name: 'Meditron’s authors: PubMedQA',
    formats: ['pubmedqa'],
    form: 'authors',
    method: { kind: 'option-texts', normalise: 'none' },
    closing: 'The answer is:',
    system: 'Read the abstract and answer the question with yes, no or maybe.',
    examples: random('train'),
    remark:
      'The authors let the model write and never credit “maybe”; here yes, no and maybe are scored alike.',
    published: [raw3(0.693)],
  },
  {
    id: 'authors-mmlu',
    name: 'Meditron’s authors: MMLU-Medical',
    formats: ['mmlu'],
    form: 'authors',
    method: authorsWritten(9),
    closing: 'The answer is:',
    system: 'Answer this multiple-choice question about medicine.',
    examples: random('dev'),
    remark: AUTHORS_REMARK,
    published: [raw3(0.423)],
  },
  {
    id: 'harness-medqa',
    name: 'lm-evaluation-harness: medqa_4options',
    formats: ['medqa', 'endings'],
    form: 'harness-medqa',
    method: LETTERS,
    closing: '',
    system: '',
    examples: { k: 0, split: 'train', pick: 'random', seed: 1234 },
    remark: '',
    published: [
      {
        accuracy: 0.3197,
        standardError: 0.0131,
        model: 'Llama-2-7B',
        setting: '0 examples',
        examples: 0,
        source: HARNESS,
      },
    ],
  },
  {
    id: 'harness-medmcqa',
    name: 'lm-evaluation-harness: medmcqa',
    formats: ['medmcqa'],
    form: 'harness-medmcqa',
    method: LETTERS,
    closing: '',
    system: '',
    examples: { k: 0, split: 'train', pick: 'random', seed: 1234 },
    remark: '',
    published: [
      {
        accuracy: 0.3438,
        standardError: 0.0073,
        model: 'Llama-2-7B',
        setting: '0 examples',
        examples: 0,
        source: HARNESS,
      },
    ],
  },
  {
    id: 'harness-pubmedqa',
    name: 'lm-evaluation-harness: pubmedqa',
    formats: ['pubmedqa'],
    form: 'harness-pubmedqa',
    method: { kind: 'option-texts', normalise: 'none' },
    closing: '',
    system: '',
    examples: { k: 0, split: 'train', pick: 'random', seed: 1234 },
    remark: '',
    published: [],
  },
  {
    id: 'harness-mmlu',
    name: 'lm-evaluation-harness: mmlu',
    formats: ['mmlu'],
    form: 'harness-mmlu',
    method: LETTERS,
    closing: '',
    system: '',
    examples: { k: 5, split: 'dev', pick: 'first-of-subject', seed: 0 },
    remark: '',
    published: [],
  },
  {
    id: 'chat-texts',
    name: 'The model’s chat, whole option texts',
    formats: ['own'],
    form: 'chat',
    method: { kind: 'option-texts', normalise: 'characters' },
    closing: '',
    system: '',
    examples: { k: 0, split: '', pick: 'random', seed: 1234 },
    remark: 'The question alone is put as a chat’s question; each option is scored as its reply.',
    published: [],
  },
  {
    id: 'chat-letters',
    name: 'The model’s chat, letters',
    formats: [],
    form: 'chat',
    method: LETTERS,
    closing: '',
    system: '',
    examples: { k: 0, split: '', pick: 'random', seed: 1234 },
    remark: '',
    published: [],
  },
];

/** The published figures whose setting is the run's, and those for another setting of the same questions. */
export function publishedFor(plan: Pick<RunPlan, 'preset' | 'examples'>): {
  readonly same: readonly PublishedFigure[];
  readonly other: readonly PublishedFigure[];
} {
  const figures = PRESETS.find(({ id }) => id === plan.preset)?.published ?? [];
  return {
    same: figures.filter(({ examples }) => examples === plan.examples.k),
    other: figures.filter(({ examples }) => examples !== plan.examples.k),
  };
}
