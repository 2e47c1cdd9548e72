/** `npm run transcode`: a model file or URL in, an MLC package out. */
import { statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { ByteSource } from '../../lib/byte-source.ts';
import { AppError, toAppError } from '../../errors/app-error.ts';
import { errorText } from '../../errors/error-text.ts';
import { convert } from '../../transcode/run/convert.ts';
import { openModel } from '../../transcode/source/open-model.ts';
import { planPackage, type PackagePlan } from '../../transcode/plan/plan-package.ts';
import { verifyPackage } from '../../transcode/package/verify.ts';
import { exitCode, parseCommand, USAGE, UsageError, type Command } from './transcode-args.ts';
import { PackageFolder } from './transcode-folder.ts';
import { HashThread } from '../../transcode/run/workers/hash-thread.ts';
import { nativeHashing, openHashThread, resumableHashing } from './transcode-hashing.ts';
import { openNodePool } from './transcode-pool.ts';
import { openStoreThread } from './transcode-store.ts';
import { gigabytes, progressLine } from './transcode-progress.ts';
import { openSources } from './transcode-source.ts';

const SMALL_MODEL_BYTES = 64 * 1024 * 1024;

type ConvertCommand = Extract<Command, { kind: 'convert' }>;

/** Ctrl+C asks for a clean stop, after which the same command goes on; a second one ends at once. */
function onInterrupt(stop: AbortController): void {
  const interrupt = (): void => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
}

async function runConvert(command: ConvertCommand, signal: AbortSignal): Promise<void> {
  const opened = await openSources(command.from, signal);
  try {
    await convertFiles(opened.files, command, signal);
  } finally {
    await opened.close();
  }
}

async function convertFiles(
  files: readonly ByteSource[],
  command: ConvertCommand,
  signal: AbortSignal,
): Promise<void> {
  const started = performance.now();
  const model = await openModel(files, signal);
  const plan = planPackage(model, { quantization: command.quantization });
  const folder = new PackageFolder(command.to);
  await folder.prepare();
  await checkSpace(command.to, plan, folder);
  const remote = model.sources.some(({ origin }) => origin?.kind === 'url');
  const threads = command.threads ?? availableParallelism();
  const pool = threads < 2 || !needsPool(plan) ? null : openNodePool(threads);
  const storing = pool === null ? null : openStoreThread(command.to);
  const native = remote ? resumableHashing : nativeHashing;
  const hashing = threads > 1 && isLarge(plan) ? openHashThread(remote) : native;
  const terminal = !command.json && process.stderr.isTTY;
  try {
    const result = await convert(plan, {
      sink: {
        size: (name) => folder.size(name),
        write: (name, bytes) => folder.write(name, bytes),
        writeHashed: (name, bytes) => (storing ?? folder).writeHashed(name, bytes),
      },
      journal: folder.journal,
      quality: command.quality,
      signal,
      hashing,
      // Weights and scales fill up together: with one waiting, the next would begin when both are stored.
      waiting: 2,
      ...(remote ? { readAhead: 4, readBytes: 8 * 1024 * 1024 } : {}),
      ...(pool === null ? {} : { pool }),
      onProgress: (progress) => {
        if (terminal) process.stderr.write(`\r\u001b[K${progressLine(progress)}`);
      },
    });
    if (terminal) process.stderr.write('\r\u001b[K');
    await folder.removeStale(new Set(plan.shards.map(({ name }) => name)));
    const seconds = (performance.now() - started) / 1000;
    if (command.json) {
      const { files, sources, resumedShards } = result;
      // Kilobytes, says Node; of the whole process, threads included.
      const peakMemoryBytes = process.resourceUsage().maxRSS * 1024;
      console.log(
        JSON.stringify({
          ok: true,
          to: command.to,
          seconds,
          peakMemoryBytes,
          resumedShards,
          sources,
          files,
        }),
      );
    } else {
      console.log(
        `Converted ${model.name} to ${command.quantization}: ${gigabytes(plan.totalBytes)} in ` +
          `${result.files.length} files in ${command.to}, ${seconds.toFixed(1)} s.`,
      );
      for (const { name, sha256 } of result.sources)
        console.log(`Source ${name}: sha256 ${sha256 ?? 'not computed'}`);
    }
  } finally {
    if (terminal) process.stderr.write('\r\u001b[K');
    pool?.close();
    storing?.close();
    if (hashing instanceof HashThread) hashing.close();
  }
}

function isLarge(plan: PackagePlan): boolean {
  return plan.model.sources.reduce((sum, { size }) => sum + size, 0) >= SMALL_MODEL_BYTES;
}

/** Starting threads costs seconds: worth it only for large models, and only where weights are quantised anew. */
function needsPool(plan: PackagePlan): boolean {
  if (!isLarge(plan)) return false;
  return plan.tensors.some(
    (tensor) =>
      tensor.kind === 'matrix' &&
      tensor.parts.some(({ matrix }) => matrix.kind === 'awq' || matrix.type !== 'Q4_0'),
  );
}

/** @throws AppError `storage/full` before anything is converted that would not fit */
async function checkSpace(path: string, plan: PackagePlan, folder: PackageFolder): Promise<void> {
  let needed = 0;
  for (const { name, nbytes } of plan.shards) if ((await folder.size(name)) !== nbytes) needed += nbytes;
  const { bavail, bsize } = await statfs(path);
  if (bavail * bsize < needed) {
    throw new AppError(
      'storage/full',
      `This needs ${gigabytes(needed)}, ${gigabytes(bavail * bsize)} is free`,
      {
        needed,
        free: bavail * bsize,
      },
    );
  }
}

async function runVerify(path: string, json: boolean, signal: AbortSignal): Promise<void> {
  const { bad, files, bytes } = await verifyPackage(new PackageFolder(path), {
    hashing: nativeHashing,
    signal,
  });
  if (json) console.log(JSON.stringify({ ok: bad.length === 0, files, bytes, bad }));
  else if (bad.length === 0) console.log(`All ${files} files (${gigabytes(bytes)}) are as they were made.`);
  else for (const { name, problem } of bad) console.error(`${name}: ${problem.replace('-', ' ')}`);
  if (bad.length > 0) process.exitCode = 6;
}

function report(error: AppError, json: boolean): void {
  if (json) {
    const { code, message, details } = error;
    console.log(JSON.stringify({ ok: false, error: { code, message, details } }));
    return;
  }
  if (error.code === 'aborted') {
    console.error('Stopped. The same command goes on from here.');
    return;
  }
  // Of sources the app's advice holds here too; what it says about storing is about the browser.
  const isOfSource = exitCode(error) === 3 || exitCode(error) === 4;
  const action = isOfSource ? ` ${errorText(error).action}` : '';
  const details = Object.entries(error.details).map(([key, value]) => `${key} ${String(value)}`);
  const where = details.length === 0 ? '' : ` (${details.join(', ')})`;
  console.error(`${error.code}: ${error.message}${where}.${action}`);
}

async function main(args: readonly string[]): Promise<void> {
  let command: Command;
  try {
    command = parseCommand(args);
  } catch (thrown) {
    if (!(thrown instanceof UsageError)) throw thrown;
    console.error(`${thrown.message}. See --help.`);
    process.exitCode = 2;
    return;
  }
  if (command.kind === 'help') {
    console.log(USAGE);
    return;
  }
  const stop = new AbortController();
  onInterrupt(stop);
  try {
    if (command.kind === 'verify') await runVerify(command.folder, command.json, stop.signal);
    else await runConvert(command, stop.signal);
  } catch (thrown) {
    const error = toAppError(thrown);
    report(error, command.json);
    process.exitCode = exitCode(error);
  }
}

await main(process.argv.slice(2));
