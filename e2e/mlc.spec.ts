import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { VERIFIED_FOLDER, writeVerifiedTable } from '../src/tooling/docs/verified-table.ts';
import {
  askAll,
  chooseSource,
  convert,
  loadGguf,
  loadPackage,
  openCard,
  openGreedy,
  QUESTIONS,
  saveReport,
} from './support/mlc-journey.ts';

/**
 * The whole chat on web-llm and WebGPU, for real. It needs a compiled MLC library that fits the Demo model, which this project
 * can't ship: MLC_MODEL_LIB=/path/to/lib.wasm npm run e2e:mlc. With MEDITRON_GGUF=/path/to/meditron-7b.Q4_0.gguf (and the
 * library of Llama-2-7B) the same journey is run on Meditron-7B, as a maintainer with a GPU does before a release.
 * `mlc-stand-in.spec.ts` takes the same steps without a library.
 */
const library = process.env.MLC_MODEL_LIB ?? '';
const meditron = process.env.MEDITRON_GGUF ?? '';

test.describe('@mlc', () => {
  test.skip(
    library === '',
    'MLC_MODEL_LIB names no compiled model library; see the README on running Meditron for real',
  );
  test.skip(Boolean(process.env.SOFTWARE_GPU_SKIP), process.env.SOFTWARE_GPU_SKIP ?? '');

  test('the Demo model, converted, says on web-llm what it says on llama.cpp', async ({ page }) => {
    test.skip(meditron !== '', 'MEDITRON_GGUF asks for Meditron-7B');
    expect(existsSync(library), `MLC_MODEL_LIB=${library}`).toBe(true);
    await openGreedy(page);
    const card = await openCard(page, 'Demo model');
    await chooseSource(card, 'F16');
    await loadGguf(card);
    const onLlamaCpp = await askAll(page, QUESTIONS);
    await openCard(page, 'Demo model');
    await chooseSource(card, 'F16');
    await convert(page, card, null);
    await loadPackage(card, 'Demo model', library);
    expect(await askAll(page, QUESTIONS)).toEqual(onLlamaCpp);
    await report(page, 'Demo model');
  });

  test('Meditron-7B, converted from a file, answers on web-llm', async ({ page }) => {
    test.skip(meditron === '', 'MEDITRON_GGUF names no file of Meditron-7B');
    for (const file of [library, meditron]) expect(existsSync(file), file).toBe(true);
    await openGreedy(page);
    const card = await openCard(page, 'Meditron-7B');
    await convert(page, card, meditron);
    await loadPackage(card, 'Meditron-7B', library);
    for (const reply of await askAll(page, QUESTIONS)) expect(reply.length).toBeGreaterThan(20);
    await report(page, 'Meditron-7B');
  });

  /** On a real GPU it becomes a line of the README. */
  async function report(page: Page, name: string): Promise<void> {
    const made = await saveReport(page, await openCard(page, name));
    expect(made.report).toMatchObject({ backend: 'webgpu', engine: { kind: 'mlc' }, replies: { length: 3 } });
    if (process.env.REAL_GPU === undefined) return;
    writeFileSync(join(VERIFIED_FOLDER, made.name), `${JSON.stringify(made.report, null, 2)}\n`);
    writeVerifiedTable();
  }
});
