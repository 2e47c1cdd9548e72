/**
 * What `model-config/prompt-formats.json` must be. Formats follow epfLLM/meditron's deployment guide and the public model
 * cards; each names its source. Apart from `formats.ts`, so that zod stays out of the page's first bundle: the file is part
 * of the build, so a test checks it, not every start.
 */
import { samplingSchema } from '../lib/sampling-schema.ts';
import { z } from '../lib/zod.ts';

/**
 * Text the model or the tokenizer would take as control. No white space inside: `neutralise` breaks a marker with a
 * space, and must not be able to build another one by doing so.
 */
const marker = z.string().regex(/^[\x21-\x7e]{2,}$/);

/**
 * A prompt is: system part (when there is a system text), then the turns, each between its `Before` and `After`.
 * The last reply is open: `assistantBefore` ends the prompt, or the text so far when a reply is continued.
 */
const layout = z.strictObject({
  systemBefore: z.string(),
  systemAfter: z.string(),
  userBefore: z.string(),
  userAfter: z.string(),
  assistantBefore: z.string(),
  /** Between `assistantBefore` and a known answer; not written before an answer still to come (authors' template). */
  answerBefore: z.string(),
  answerAfter: z.string(),
  /** true: texts go in as they are; false: white space around each text is trimmed. */
  exact: z.boolean(),
});

const promptFormatSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]+$/),
  name: z.string().min(1),
  summary: z.string().min(1),
  source: z.string().min(1),
  layout,
  stops: z.array(marker).min(1),
  /** Demonstrations this format comes with unless a person or model says otherwise. */
  demonstrations: z.number().int().min(0),
  sampling: samplingSchema,
  samplingSource: z.string().min(1),
});

const demonstrationSchema = z.strictObject({ question: z.string().min(1), answer: z.string().min(1) });

/** What a catalogue entry says about prompting its model. */
export const promptDefaultsSchema = z.strictObject({
  format: z.string(),
  systemText: z.string(),
  /** How many of the built-in demonstrations to put first. */
  demonstrations: z.number().int().min(0),
  sampling: samplingSchema,
  samplingSource: z.string().min(1),
});

export const promptConfigSchema = z
  .strictObject({
    formats: z.array(promptFormatSchema).min(1),
    /** Tokens of Meditron's vocabulary that a tokenizer may parse out of plain text, and ChatML's markers. */
    controlTexts: z.array(marker),
    demonstrations: z.array(demonstrationSchema),
    models: z.record(z.string(), promptDefaultsSchema),
    /** Key of `models` whose defaults serve every model not listed. */
    otherModels: z.string(),
  })
  .superRefine((config, context) => {
    const ids = config.formats.map((format) => format.id);
    if (new Set(ids).size !== ids.length) context.addIssue('format ids repeat');
    if (!(config.otherModels in config.models)) context.addIssue('otherModels names no entry of models');
    for (const [model, defaults] of Object.entries(config.models)) {
      if (!ids.includes(defaults.format)) context.addIssue(`models.${model} names an unknown format`);
    }
    for (const { demonstrations } of [...config.formats, ...Object.values(config.models)]) {
      if (demonstrations > config.demonstrations.length)
        context.addIssue('more demonstrations asked for than there are');
    }
  });

export type PromptFormat = Readonly<z.infer<typeof promptFormatSchema>>;
export type Demonstration = Readonly<z.infer<typeof demonstrationSchema>>;
export type PromptDefaults = Readonly<z.infer<typeof promptDefaultsSchema>>;
export type PromptConfig = Readonly<z.infer<typeof promptConfigSchema>>;
