/**
 * What loading a package into the GPU engine costs on top of reading it from the browser's cache: the real web-llm on the
 * software GPU, with the stand-in library of the engine's own tests, since a compiled one cannot be part of this repository.
 * In a profile on the disk, served by a host that lets scripts be kept: a private profile reads from another process's memory,
 * and a script that is fetched anew is compiled anew.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { ensureSoftwareGpu } from '../../../e2e/setup/software-gpu.ts';
import { buildEngineHarness } from '../../../e2e/support/engine-harness.ts';
import { bigModel, convertedPackage } from '../../../e2e/support/model-fixtures.ts';
import { securityHeaders } from '../../app/security/security-headers.ts';
import { median } from './bench-transcode.ts';
import { startStaticServer } from '../../../e2e/support/static-server.ts';

const MODEL = { baseUrl: 'https://models.example/big/resolve/main/', modelId: 'big' };
const ROUNDS = 5;

export interface LoadBench {
  /** Median over the rounds of (milliseconds of the load) ÷ (milliseconds of reading the same entries in a worker). */
  readonly ratio: number;
  /** The same of the weights alone: from their first byte to the last one placed, which is what grows with a model. */
  readonly weightsRatio: number;
  readonly bytes: number;
  readonly rounds: readonly LoadRound[];
}

/** Milliseconds. */
interface LoadRound {
  readonly readMs: number;
  readonly loadMs: number;
  /** Until the first byte of weights has come: starting the worker, web-llm and the library. */
  readonly firstByteMs: number;
  /** Until the last one is on the GPU. */
  readonly placedMs: number;
}

/** @returns null where there is no software GPU. */
export async function benchLoad(): Promise<LoadBench | null> {
  const gpu = ensureSoftwareGpu();
  if ('skip' in gpu) return null;
  const folder = await mkdtemp(join(tmpdir(), 'bench-load-'));
  const files = await convertedPackage(bigModel(), 'q4f16_1');
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
  const names = [...files.keys()];
  const bytes = [...files.values()].reduce((sum, each) => sum + each.length, 0);
  const root = await buildEngineHarness();
  const headers = { ...securityHeaders(), 'cache-control': 'public, max-age=86400' };
  const server = await startStaticServer({ root, headers, mounts: { '/package/': folder } });
  const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: gpu.path,
    args: ['--no-sandbox', '--enable-unsafe-webgpu'],
  });
  try {
    const page = context.pages()[0] ?? (await context.newPage());
    await page.goto(`${server.url}mlc.html?stand-in`);
    await page.waitForFunction(() => 'mlc' in window);
    const given = { model: MODEL, names };
    await page.evaluate(async ({ model, names: all }) => {
      await window.mlc.copy(model, 'package/', all, '');
      await window.mlc.storeStandIn(model, { idle: true });
    }, given);
    const rounds: LoadRound[] = [];
    // The first round starts the GPU process and compiles what is compiled once; it does not count.
    for (let round = 0; round <= ROUNDS; round += 1) {
      const measured = await page.evaluate(async ({ model, names: all }) => {
        const readMs = await window.mlc.readAlone(model, all);
        const load = await window.mlc.timedLoad(model);
        await window.mlc.unload();
        return { ...load, readMs };
      }, given);
      if (round > 0) rounds.push(measured);
    }
    return {
      ratio: median(rounds.map(({ loadMs, readMs }) => loadMs / readMs)),
      weightsRatio: median(
        rounds.map(({ placedMs, firstByteMs, readMs }) => (placedMs - firstByteMs) / readMs),
      ),
      bytes,
      rounds,
    };
  } finally {
    await context.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}
