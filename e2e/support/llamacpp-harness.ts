/** What tests of the llama.cpp engine share: the harness page, the demo model on a server that fails on demand, short calls. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type Page } from '@playwright/test';
import type { LlamaCppModel, ModelFile } from '../../src/engine/llamacpp/model.ts';
import type { LoadedModel } from '../../src/engine/port.ts';
import type { GenerateArgs, Outcome, Reply } from '../harness/engine.ts';
import { buildEngineHarness, serveEngineHarness } from './engine-harness.ts';
import type { Fault, StaticServer } from './static-server.ts';

export type UrlFile = Extract<ModelFile, { from: 'url' }>;

export const F16 = 'models/demo/demo-f16.gguf';
export const Q4 = 'models/demo/demo-q4_0.gguf';
export const bytesOf = (file: string): number => statSync(`public/${file}`).size;
export const fileAt = (url: string, bytes = bytesOf(F16), sha256?: string): UrlFile => ({
  from: 'url',
  url,
  bytes,
  ...(sha256 === undefined ? {} : { sha256 }),
});
export const question = (text: string): string => `### User: ${text}\n### Assistant:`;
export const QUESTION = question('What is this app?');
/** About 1,500 tokens: a prefill long enough to be stopped in. */
export const LONG = question('Where are my conversations kept, and who can read them? '.repeat(120));

/** Models from URLs only: files from this machine are made in the page. */
export type ModelArgs = Partial<LlamaCppModel> & { readonly files: readonly UrlFile[] };

export interface EngineServer {
  readonly url: string;
  /** Of the built harness; write nothing into it. */
  readonly folder: string;
  /** A folder for the files a test makes, served at `made/`. */
  readonly made: string;
  /** What the server does instead of serving, set by the test that needs it; forgotten after it. */
  fault: Fault | null;
}

/**
 * Builds and serves the harness once for the file, whose tests then run in one order: they differ in what they do, not in
 * what they need.
 */
export function engineServer(): EngineServer {
  let server: StaticServer | null = null;
  let folder = '';
  let made = '';
  const shared = {
    fault: null as Fault | null,
    get url() {
      return server?.url ?? '';
    },
    get folder() {
      return folder;
    },
    get made() {
      return made;
    },
  };
  test.describe.configure({ mode: 'default' });
  test.beforeAll(async () => {
    folder = await buildEngineHarness();
    made = mkdtempSync(join(tmpdir(), 'meditron-engine-'));
    server = await serveEngineHarness(folder, {
      made,
      fault: (request, response, path) => shared.fault?.(request, response, path) ?? false,
    });
  });
  test.afterAll(async () => {
    await server?.close();
    rmSync(made, { recursive: true, force: true });
  });
  test.afterEach(() => {
    shared.fault = null;
  });
  return shared;
}

export async function open(page: Page, url: string): Promise<void> {
  await page.goto(`${url}engine.html`);
  await page.waitForFunction(() => 'harness' in window);
}

export function ok<T>(outcome: Outcome<T>): T {
  if ('error' in outcome) throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
  return outcome.ok;
}

export function code<T>(outcome: Outcome<T>): string {
  return 'error' in outcome ? outcome.error.code : 'no error';
}

export const load = (page: Page, model: ModelArgs): Promise<Outcome<LoadedModel>> =>
  page.evaluate((args: ModelArgs) => window.harness.load(args), model);
export const generate = (page: Page, args: GenerateArgs): Promise<Outcome<Reply>> =>
  page.evaluate((given) => window.harness.generate(given), args);
export const status = (page: Page): Promise<string> => page.evaluate(() => window.harness.status());
export const count = async (page: Page, text: string): Promise<number> =>
  ok(await page.evaluate((given) => window.harness.count(given), text));

export async function openWith(
  page: Page,
  server: EngineServer,
  file: string,
  model: Partial<LlamaCppModel> = {},
): Promise<LoadedModel> {
  await open(page, server.url);
  return ok(await load(page, { ...model, files: [fileAt(file, bytesOf(file))] }));
}

/** Records a duration in the report; what is asserted stays a state. */
export function note(type: string, milliseconds: number | null): void {
  test.info().annotations.push({ type, description: `${Math.round(milliseconds ?? -1)} ms` });
}
