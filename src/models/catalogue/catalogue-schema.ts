/**
 * What a catalogue entry says, and the gate through which `model-config/catalogue.json` and a deployer's `config.json`
 * pass. Lazy: reached only through `catalogue.ts`, so that zod stays out of the page's first bundle.
 * `model-config/README.md` explains every field to the person who writes one.
 */
import { MLC_QUANTIZATIONS } from '../../formats/mlc-package/quantization.ts';
import { z } from '../../lib/zod.ts';
import { samplingSchema } from '../../lib/sampling-schema.ts';
import { promptDefaultsSchema } from '../../prompts/formats-schema.ts';

/** A catalogue is a hand-written page or two; a larger answer is not one. */
export const MAX_CONFIG_BYTES = 1 << 20;
/** A screen of cards a person can still read. */
const MAX_MODELS = 50;
const MAX_SOURCES = 60;
const MAX_SERVERS = 20;
/** Longer than the largest public model, well inside what a double counts exactly. */
const MAX_BYTES = 2 ** 44;

const id = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}$/,
    'small letters, digits, dot, dash and underscore, at most 63 characters',
  );
const text = z.string().min(1).max(2000);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, '64 small hexadecimal digits');
/** Decimal bytes; 0 where only the server knows. */
const bytes = z.number().int().min(0).max(MAX_BYTES);

/** A page someone may open: https only, so that a catalogue can't carry `javascript:`. */
const pageUrl = z.url({ protocol: /^https$/ }).max(2000);

/**
 * Where files are fetched from: absolute https (or http on this machine, for trying out), or relative to the page.
 * A relative one may not leave the origin: neither a scheme nor `//host`.
 */
const fetchUrl = z
  .string()
  .min(1)
  .max(2000)
  .refine(
    (value) =>
      value.startsWith('https://') ||
      /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?\//.test(value) ||
      (!/^[a-z][a-z0-9+.-]*:/i.test(value) && !/^[/\\]{2}/.test(value)),
    'an https:// address, or one relative to the page',
  );

const hub = z.strictObject({
  name: text,
  /** `{repo}`, `{revision}`, `{file}` are filled in. */
  fileUrl: fetchUrl,
  /** Lists a repository's files with size and `lfs.oid` (SHA-256); null where the hub has no such list. */
  treeUrl: fetchUrl.nullable(),
  pageUrl: fetchUrl.nullable(),
});

const path = z
  .string()
  .min(1)
  .max(500)
  .refine(
    (value) => !value.split('/').includes('..') && !value.startsWith('/'),
    'a path inside the repository',
  );

const location = z.union([
  z.strictObject({ hub: id, repo: path, revision: path.default('main'), file: path.optional() }),
  z.strictObject({ url: fetchUrl }),
]);

const sourceCommon = {
  id,
  label: text,
  at: location,
  bytes,
  sha256: sha256.nullable().default(null),
  note: z.string().max(500).default(''),
};

/** Relative root-mean-square error against the original weights, in percent: [best, worst]. null: not measured. */
const relativeRmse = z
  .tuple([z.number().min(0).max(100), z.number().min(0).max(100)])
  .nullable()
  .default(null);
const conversion = z.enum(['repacked', 'partly-repacked', 'requantised']);

const source = z.discriminatedUnion('format', [
  z.strictObject({
    ...sourceCommon,
    format: z.literal('gguf'),
    /** The llama.cpp engine can run the file unconverted. */
    runsAsIs: z.boolean().default(true),
    conversion,
    relativeRmse,
  }),
  z.strictObject({
    ...sourceCommon,
    format: z.enum(['awq', 'safetensors', 'torch']),
    runsAsIs: z.literal(false).default(false),
    conversion,
    relativeRmse,
  }),
  /** A package somebody converted and hosts: `at.url` is its folder and ends in a slash. */
  z.strictObject({
    ...sourceCommon,
    format: z.literal('mlc'),
    quantization: z.enum(MLC_QUANTIZATIONS),
    relativeRmse,
  }),
]);

const mlcNeeds = z.strictObject({
  /** A file name below web-llm's own prefix and version, a URL, or null: none is published, it must be imported. */
  library: z.union([z.string().regex(/^[\w.-]+\.wasm$/), fetchUrl]).nullable(),
  librarySha256: sha256.nullable().default(null),
  /** Graphics memory at `contextLength`: weights, KV cache and working space. */
  gpuBytes: bytes,
});

const licence = z.strictObject({
  id: z.string().min(1).max(60),
  name: text,
  line: text,
  /** Its full text: a page, or a file beside the app. */
  url: z.union([pageUrl, z.string().regex(/^models\/\w[\w.-]*\/LICENSE(\.\w+)?$/)]).nullable(),
  points: z.array(text).max(12),
  /** Asked once, before the first byte of weights. */
  mustAccept: z.boolean(),
});

const architecture = z.strictObject({
  parameters: z.number().int().positive(),
  layers: z.number().int().positive(),
  hidden: z.number().int().positive(),
  heads: z.number().int().positive(),
  kvHeads: z.number().int().positive(),
  headSize: z.number().int().positive(),
  feedForward: z.number().int().positive(),
  vocabulary: z.number().int().positive(),
  /** Base of the rotary positions, compiled into the library; null: imported weights are not compared by it. */
  ropeTheta: z.number().positive().nullable().default(null),
  /** Llama 3's stretching of the positions, compiled into the library like theta; null: none. */
  ropeScaling: z
    .strictObject({
      factor: z.number().positive(),
      lowFreqFactor: z.number().positive(),
      highFreqFactor: z.number().positive(),
      originalContext: z.number().int().positive(),
    })
    .nullable()
    .default(null),
  /** Tokens the model was trained at. */
  trainedContext: z.number().int().positive(),
});

const cardCommon = {
  id,
  name: text,
  summary: text,
  developer: text,
  /** What of it has been seen to work with this app; null: the documentation says. */
  verified: text.nullable().default(null),
  licence,
  architecture,
};

const runnable = z
  .strictObject({
    ...cardCommon,
    /** `built-in`: a file beside the page, always there. `fetched`: a person brings it in. */
    kind: z.enum(['built-in', 'fetched']),
    recommended: z.strictObject({ engine: z.enum(['mlc', 'llamacpp']), source: id }),
    sources: z.array(source).min(1).max(MAX_SOURCES),
    mlc: z
      .strictObject({
        contextLength: z.number().int().min(128).max(131072),
        quantizations: z.partialRecord(z.enum(MLC_QUANTIZATIONS), mlcNeeds),
      })
      .nullable(),
    llamacpp: z
      .strictObject({
        contextLength: z.number().int().min(128).max(131072),
        /** Smaller where a 32-bit heap must hold weights and KV cache. */
        cpuContextLength: z.number().int().min(128).max(131072),
        gpuBytes: bytes,
        cpuBytes: bytes,
        /** The source that lies beside the page. */
        bundled: id.nullable(),
      })
      .nullable(),
    /** null: what `model-config/prompt-formats.json` says for this id. */
    prompt: promptDefaultsSchema.nullable(),
    /** Questions a new chat offers. */
    examples: z.array(z.string().min(1).max(300)).max(8),
  })
  .superRefine((model, context) => {
    const ids = model.sources.map((each) => each.id);
    const repeated = ids.find((each, index) => ids.indexOf(each) !== index);
    if (repeated !== undefined) context.addIssue(`two sources are called "${repeated}"`);
    for (const wanted of [model.recommended.source, model.llamacpp?.bundled]) {
      if (wanted !== undefined && wanted !== null && !ids.includes(wanted)) {
        context.addIssue(`no source is called "${wanted}"`);
      }
    }
    if (model[model.recommended.engine] === null) {
      context.addIssue(`recommends the engine "${model.recommended.engine}" but has no settings for it`);
    }
    if (model.kind === 'built-in' && !model.llamacpp?.bundled) {
      context.addIssue('a built-in model names its file in llamacpp.bundled');
    }
    for (const each of model.sources) {
      if (each.format === 'gguf' && 'hub' in each.at && each.at.file === undefined) {
        context.addIssue(`source "${each.id}": a GGUF on a hub needs "file"`);
      }
      if (each.format !== 'gguf' && 'url' in each.at && !each.at.url.endsWith('/')) {
        context.addIssue(`source "${each.id}": the address of a folder ends with a slash`);
      }
    }
  });

/** How a model that no browser runs is put on a server. */
const serving = z.strictObject({
  /** What hardware it takes. */
  needs: text,
  ways: z
    .array(
      z.strictObject({ label: text.max(200), commands: z.array(z.string().min(1).max(500)).min(1).max(6) }),
    )
    .max(8),
});

const unavailable = z.strictObject({
  ...cardCommon,
  kind: z.literal('unavailable'),
  /** Why no browser runs it, in plain words. */
  why: text,
  page: pageUrl.nullable(),
  serving: serving.nullable().default(null),
});

/** A server that whoever runs this site offers. */
const server = z.strictObject({
  id,
  /** What it is called on screen. */
  name: text.max(100),
  /** With or without `/v1`; relative to the page for a proxy beside it. The page's policy must allow another host. */
  address: fetchUrl,
  /** The model's name there; null: the only one it has. */
  model: z.string().min(1).max(500).nullable().default(null),
});

const model = z.discriminatedUnion('kind', [runnable, unavailable]);
const hubs = z.record(id, hub);

export const catalogueSchema = z
  .strictObject({
    schema: z.literal(1),
    hubs,
    models: z.array(model).max(MAX_MODELS),
    servers: z.array(server).max(MAX_SERVERS).default([]),
  })
  .superRefine(checkReferences);

/** Preferences a site starts people with; what a person chose stays. */
const siteDefaults = z.strictObject({
  theme: z.enum(['system', 'light', 'dark']).optional(),
  textSize: z.enum(['small', 'normal', 'large', 'larger']).optional(),
  singleKeys: z.boolean().optional(),
  promptFormat: z.string().max(200).nullable().optional(),
  sampling: samplingSchema.nullable().optional(),
});

/** `config.json` beside index.html: entries replace those of the same id, others are added at the end. */
export const deployerConfigSchema = z.strictObject({
  schema: z.literal(1),
  hubs: hubs.default({}),
  models: z.array(model).max(MAX_MODELS).default([]),
  servers: z.array(server).max(MAX_SERVERS).default([]),
  /** Ids of built-in entries this deployment does not show. */
  hide: z.array(id).max(MAX_MODELS).default([]),
  /** Sources of built-in entries it does not show, as `model/source`. */
  hideSources: z
    .array(z.string().regex(/^[^/]+\/[^/]+$/, 'model/source, e.g. meditron-7b/q4_k_m'))
    .max(MAX_MODELS * MAX_SOURCES)
    .default([]),
  /** A rule of the site, as `policy.offlineOnly` is (preferences/site-policy.ts). */
  offlineOnly: z.boolean().optional(),
  defaults: siteDefaults.default({}),
  /** The site's rules: read and checked before the app starts (preferences/site-policy.ts). */
  policy: z.unknown().optional(),
});

export type Catalogue = z.infer<typeof catalogueSchema>;
export type DeployerConfig = z.infer<typeof deployerConfigSchema>;
export type CatalogueEntry = Catalogue['models'][number];
export type RunnableEntry = Extract<CatalogueEntry, { kind: 'built-in' | 'fetched' }>;
export type UnavailableEntry = Extract<CatalogueEntry, { kind: 'unavailable' }>;
export type CatalogueSource = RunnableEntry['sources'][number];
export type SourceLocation = CatalogueSource['at'];

function checkReferences(
  value: {
    hubs: Record<string, unknown>;
    models: z.infer<typeof model>[];
    servers: z.infer<typeof server>[];
  },
  context: z.RefinementCtx,
): void {
  const ids = value.models.map((each) => each.id);
  const repeated = ids.find((each, index) => ids.indexOf(each) !== index);
  if (repeated !== undefined) context.addIssue(`two models are called "${repeated}"`);
  const servers = value.servers.map((each) => each.id);
  const twice = servers.find((each, index) => servers.indexOf(each) !== index);
  if (twice !== undefined) context.addIssue(`two servers are called "${twice}"`);
  for (const entry of value.models) {
    if (entry.kind === 'unavailable') continue;
    for (const each of entry.sources) {
      if ('hub' in each.at && !Object.hasOwn(value.hubs, each.at.hub)) {
        context.addIssue(`${entry.id}, source "${each.id}": no hub is called "${each.at.hub}"`);
      }
    }
  }
}

/** The first few problems as one line a deployer can act on, e.g. `models.1.sources.0.bytes: expected number`. */
export function describeIssues(error: z.ZodError): string {
  return error.issues
    .slice(0, 3)
    .map((issue) => (issue.path.length > 0 ? `${issue.path.join('.')}: ${issue.message}` : issue.message))
    .join('; ');
}
