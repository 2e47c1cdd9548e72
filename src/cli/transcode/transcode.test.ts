/** The command line's own part: arguments, exit codes, the folder it fills, and going on after a stop. */
import { execFile } from 'node:child_process';
import { lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../errors/app-error.ts';
import { convert } from '../../transcode/run/convert.ts';
import { openModel } from '../../transcode/source/open-model.ts';
import { planPackage } from '../../transcode/plan/plan-package.ts';
import { writeTorch } from '../../formats/torch/testing/torch-writer.ts';
import { writeGguf } from '../../transcode/testing/gguf-writer.ts';
import { tinyLlama } from '../../transcode/testing/tiny-llama.ts';
import { verifyPackage } from '../../transcode/package/verify.ts';
import { openSources } from './transcode-source.ts';
import { openNodeSource } from './node-byte-source.ts';
import { exitCode, parseCommand, UsageError } from './transcode-args.ts';
import { PackageFolder } from './transcode-folder.ts';
import { nativeHashing } from './transcode-hashing.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'transcode-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('parseCommand', () => {
  it('takes what the README shows', () => {
    expect(parseCommand(['--from', 'a.gguf', '--to', 'b'])).toEqual({
      kind: 'convert',
      from: 'a.gguf',
      to: 'b',
      quantization: 'q4f16_1',
      quality: 'fast',
      threads: null,
      json: false,
    });
    expect(parseCommand(['--verify', 'b', '--json'])).toEqual({ kind: 'verify', folder: 'b', json: true });
  });

  it.each([
    [['--from', 'a.gguf']],
    [['--from', 'a', '--to', 'b', '--quantization', 'q4']],
    [['--from', 'a', '--to', 'b', '--quality', 'good']],
    [['--from', 'a', '--to', 'b', '--threads', '-1']],
    [['--verify', 'b', '--from', 'a']],
    [['--form', 'a']],
  ])('refuses %j', (args) => {
    expect(() => parseCommand(args)).toThrow(UsageError);
  });
});

it.each([
  ['aborted', 130],
  ['transcode/package-damaged', 6],
  ['transcode/worker-failed', 1],
  ['transcode/wrong-architecture', 3],
  ['bytes/not-found', 4],
  ['storage/full', 5],
  ['unknown', 1],
] as const)('%s ends with exit code %i', (code, exit) => {
  expect(exitCode(new AppError(code, ''))).toBe(exit);
});

describe('the files behind --from', () => {
  const { signal } = new AbortController();

  it('are let go of when the work is done: node 25 dies of what it has to collect itself', async () => {
    await writeFile(join(folder, 'a.gguf'), writeGguf(tinyLlama()));
    await writeFile(join(folder, 'config.json'), '{}');
    for (const from of [folder, join(folder, 'a.gguf')]) {
      const { files, close } = await openSources(from, signal);
      expect(files).toHaveLength(from === folder ? 2 : 1);
      await Promise.all(files.map((file) => file.read(0, 1)));
      await close();
      for (const file of files) await expect(file.read(0, 1)).rejects.toThrow();
    }
  });

  it('are PyTorch’s too', async () => {
    await writeFile(join(folder, 'pytorch_model.bin'), writeTorch([]));
    const { files, close } = await openSources(folder, signal);
    expect(files.map(({ name }) => name)).toEqual(['pytorch_model.bin']);
    await close();
  });
});

describe('a package folder', () => {
  const open = async (shardBytes: number) => {
    const file = join(folder, 'tiny.gguf');
    await writeFile(file, writeGguf(tinyLlama({ type: 'F16' })));
    const source = await openNodeSource(file);
    return { source, plan: planPackage(await openModel([source]), { quantization: 'q4f16_1', shardBytes }) };
  };

  it('holds the same bytes after a stop and a second run, and nothing of a larger package before it', async () => {
    const { source, plan } = await open(64 * 1024);
    const whole = new PackageFolder(join(folder, 'deep', 'whole'));
    await whole.prepare();
    await convert(plan, { sink: whole, journal: whole.journal, hashing: nativeHashing });

    const path = join(folder, 'stopped');
    const stopped = new PackageFolder(path);
    await stopped.prepare();
    await writeFile(join(path, 'params_shard_999.bin'), 'of a larger package');
    const stop = new AbortController();
    const work = convert(plan, {
      sink: {
        size: (name) => stopped.size(name),
        write: async (name, bytes) => {
          await stopped.write(name, bytes);
          if (name === 'params_shard_1.bin') stop.abort();
        },
      },
      journal: stopped.journal,
      hashing: nativeHashing,
      signal: stop.signal,
      readBytes: 16 * 1024,
    });
    await expect(work).rejects.toMatchObject({ code: 'aborted' });
    expect(await readdir(path)).toContain('transcode-journal.json');
    const again = new PackageFolder(path);
    await again.prepare();
    const result = await convert(plan, { sink: again, journal: again.journal, hashing: nativeHashing });
    expect(result.resumedShards).toBeGreaterThan(1);
    await again.removeStale(new Set(plan.shards.map(({ name }) => name)));
    const names = (await readdir(path)).sort();
    expect(names).toEqual((await readdir(join(folder, 'deep', 'whole'))).sort());
    for (const name of names) {
      const [one, other] = [join(path, name), join(folder, 'deep', 'whole', name)];
      expect((await readFile(one)).equals(await readFile(other)), name).toBe(true);
    }
    expect((await verifyPackage(again, { hashing: nativeHashing })).bad).toEqual([]);
    await source.close();
  });

  it('that cannot be made is the target’s fault, not the source’s', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(new PackageFolder(join(folder, 'file', 'x')).prepare()).rejects.toMatchObject({
      code: 'storage/failed',
    });
    await expect(new PackageFolder(join(folder, 'file')).prepare()).rejects.toMatchObject({
      code: 'storage/failed',
    });
  });

  it.runIf(process.platform !== 'win32')(
    'follows no link that was planted in it, nor one in its place',
    async () => {
      const victim = join(folder, 'victim');
      await writeFile(victim, 'kept');
      const target = join(folder, 'target');
      const package_ = new PackageFolder(target);
      await package_.prepare();
      for (const name of ['a.bin', 'a.bin.part', 'transcode-journal.json', 'transcode-journal.json.part'])
        await symlink(victim, join(target, name));
      expect(await package_.size('a.bin')).toBeNull();
      await expect(package_.read('a.bin')).rejects.toBeInstanceOf(AppError);
      await expect(package_.journal.load()).rejects.toBeInstanceOf(AppError);
      await package_.write('a.bin', new Uint8Array([1, 2, 3]));
      await package_.journal.save({ version: 1, fingerprint: '', shards: {}, tensors: {}, hashes: [] });
      expect(await readFile(victim, 'utf8')).toBe('kept');
      expect(await package_.read('a.bin')).toEqual(new Uint8Array([1, 2, 3]));
      expect((await lstat(join(target, 'a.bin'))).isFile()).toBe(true);
      await symlink(target, join(folder, 'link'));
      await expect(new PackageFolder(join(folder, 'link')).prepare()).rejects.toMatchObject({
        code: 'storage/failed',
      });
    },
  );

  it('reads no file outside itself', async () => {
    for (const name of ['../secret', '.hidden', 'a/b']) {
      await expect(new PackageFolder(folder).read(name)).rejects.toMatchObject({
        code: 'transcode/package-damaged',
      });
    }
    expect(await new PackageFolder(folder).read('none.bin')).toBeNull();
  });
});

describe('npm run transcode', () => {
  const root = resolve(import.meta.dirname, '../../..');
  const launch = join(root, 'src/cli/transcode/launch.js');
  const runNode = (...args: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((done) => {
      const child = execFile(process.execPath, args, { cwd: root }, (_, stdout, stderr) =>
        done({ code: child.exitCode ?? -1, stdout, stderr }),
      );
    });
  const run = (...args: string[]) => runNode(launch, ...args);

  it('converts, verifies, and says in one line what is wrong', { timeout: 60_000 }, async () => {
    const demo = join(root, 'public/models/demo/demo-q4_0.gguf');
    const to = join(folder, 'package');
    const made = await run('--from', demo, '--to', to, '--json');
    expect(made.code).toBe(0);
    expect(JSON.parse(made.stdout)).toMatchObject({ ok: true, resumedShards: 0 });
    await writeFile(join(to, 'params_shard_0.bin'), 'spoilt');
    const verified = await run('--verify', to);
    expect(verified).toMatchObject({ code: 6, stdout: '' });
    expect(verified.stderr).toContain('params_shard_0.bin: wrong size');
    const refused = await run('--from', join(root, 'package.json'), '--to', to);
    expect(refused.code).toBe(3);
    expect(refused.stderr.trim().split('\n').at(-1)).toMatch(/^transcode\/not-a-model: /);
  });
  it('runs without a bundle where none can be kept', { timeout: 60_000 }, async () => {
    const readOnly = `import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module';
      fs.existsSync = () => false; fs.mkdtempSync = () => { throw new Error('read-only') }; syncBuiltinESMExports();`;
    const hook = `data:text/javascript,${encodeURIComponent(readOnly)}`;
    const helped = await runNode('--import', hook, launch, '--help');
    expect(helped).toMatchObject({ code: 0, stderr: '' });
    expect(helped.stdout).toContain('npm run transcode');
  });
});
