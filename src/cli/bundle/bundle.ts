/** `npm run bundle`: the app, a converted model and its library in one folder that any static server can serve. */
import { constants, existsSync } from 'node:fs';
import { copyFile, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CHAT_CONFIG_FILE } from '../../formats/mlc-package/package-json.ts';
import { builtInCatalogue, mergeCatalogue, parseDeployerConfig } from '../../models/catalogue/catalogue.ts';
import { verifyPackage } from '../../transcode/package/verify.ts';
import { buildIfNeeded, ROOT } from '../../tooling/build/build.ts';
import { BUNDLE_USAGE, parseBundleCommand, type BundleCommand } from './bundle-args.ts';
import { emptyBundleFolder, NOTE, NOTE_TITLE, sha256, SIGNATURE, SUMS, writeSums } from './bundle-folder.ts';
import { readSigningKey, signSums } from './bundle-signature.ts';
import { bundleConfig, entryOfPackage, readChatConfig } from './bundle-config.ts';
import { UsageError } from '../transcode/transcode-args.ts';
import { PackageFolder } from '../transcode/transcode-folder.ts';
import { nativeHashing } from '../transcode/transcode-hashing.ts';

const HOSTING = `${NOTE_TITLE}
============================

Serve this folder with any static web server, in any path, over https (browsers give WebGPU and storage only to https and
to localhost). To try it on one machine, from a USB stick too:

    python3 -m http.server 8000      then open http://localhost:8000

Check that every file is the one that was bundled:

    sha256sum --check --quiet ${SUMS}

That does not notice files that were added; "npm run verify -- DIR" of the app's repository does.

Nothing in here asks another host for anything. _headers lists the headers a strict host sends.
`;

async function bundle(command: BundleCommand): Promise<void> {
  const parts = await inspect(command);
  const key = command.sign && (await readSigningKey(command.sign));
  // The tests bundle the build they test.
  const dist = process.env.BUNDLE_DIST ?? join(ROOT, 'dist');
  if (process.env.BUNDLE_DIST === undefined) await buildIfNeeded();
  await emptyBundleFolder(command.to);
  // A release's own list and signature are of other files than a bundle's.
  const ofRelease = new Set([SUMS, SIGNATURE].map((name) => join(dist, name)));
  await cp(dist, command.to, { recursive: true, filter: (path) => !ofRelease.has(path) });
  const folder = `models/${parts.entry.id}-${parts.quantization}`;
  await mkdir(join(command.to, folder), { recursive: true });
  for (const name of parts.files) {
    await copyFile(join(command.from, name), join(command.to, folder, name), constants.COPYFILE_FICLONE);
  }
  // Licences of weights ask for both with every copy; Llama 2's names the file "Notice".
  await writeFile(join(command.to, folder, 'Notice'), `${parts.entry.licence.line}\n`);
  const licence =
    parts.licence === null ? null : `${folder}/LICENSE${/\.\w+$/.exec(parts.licence)?.[0] ?? ''}`;
  if (parts.licence !== null && licence !== null) await copyFile(parts.licence, join(command.to, licence));
  let library = null;
  if (parts.library !== null) {
    const path = `models/library/${basename(parts.library)}`;
    await mkdir(join(command.to, 'models/library'), { recursive: true });
    await copyFile(parts.library, join(command.to, path));
    library = { path, sha256: await sha256(join(command.to, path)) };
  }
  const config = bundleConfig(parts.base, parts.entry, {
    quantization: parts.quantization,
    folder,
    bytes: parts.bytes,
    licence,
    library,
  });
  await writeFile(join(command.to, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
  await writeFile(join(command.to, NOTE), HOSTING);
  const count = await writeSums(command.to);
  if (key) console.log(`Signed by “${key.name}”, key ${await signSums(command.to, key)}.`);
  console.log(
    `${command.to}: the app with ${parts.entry.name} (${parts.quantization}, ${(parts.bytes / 1e9).toFixed(2)} GB), ${count} files, listed in ${SUMS}.`,
  );
  if (parts.licence === null)
    console.log(
      `No text of the ${parts.entry.licence.name} in it, which has to go along with the weights: add --licence FILE (${parts.entry.licence.url ?? 'see LICENSE'}).`,
    );
  if (library === null)
    console.log(
      'No model library in it: each person imports one on the Models screen. Add --library FILE.wasm.',
    );
}

/** Everything that can be wrong is found before a byte is copied. @throws UsageError, AppError `transcode/package-damaged`. */
async function inspect(command: BundleCommand) {
  const chatConfig = join(command.from, CHAT_CONFIG_FILE);
  if (!existsSync(chatConfig))
    throw new UsageError(`${command.from} has no ${CHAT_CONFIG_FILE}: not a package`);
  const { quantization, sizes } = readChatConfig(await readFile(chatConfig, 'utf8'));
  const { bad, provenance, bytes } = await verifyPackage(new PackageFolder(command.from), {
    hashing: nativeHashing,
  });
  if (bad.length > 0) {
    process.exitCode = 6;
    throw new UsageError(`damaged: ${bad.map(({ name, problem }) => `${name} (${problem})`).join(', ')}`);
  }
  const config = join(ROOT, 'public/config.json');
  const base = parseDeployerConfig(await readFile(config, 'utf8'));
  const entry = entryOfPackage(mergeCatalogue(builtInCatalogue(), base), sizes, command.model);
  const wasm = (await readdir(command.from)).filter((name) => name.endsWith('.wasm'));
  if (command.library === null && wasm.length > 1)
    throw new UsageError(`more than one .wasm in ${command.from}: name one with --library`);
  const library = command.library ?? (wasm[0] === undefined ? null : join(command.from, wasm[0]));
  if (library !== null && !(await isWasm(library)))
    throw new UsageError(`${library} is not a WebAssembly file`);
  const licence =
    command.licence ??
    ['LICENSE', 'LICENSE.txt', 'LICENSE.md']
      .map((name) => join(command.from, name))
      .find((path) => existsSync(path)) ??
    null;
  if (licence !== null && !existsSync(licence)) throw new UsageError(`${licence} is not there`);
  const files = ['provenance.json', ...[...provenance.shards, ...provenance.files].map(({ name }) => name)];
  return { base, entry, quantization, files, bytes, library, licence };
}

async function isWasm(path: string): Promise<boolean> {
  if (!existsSync(path)) return false;
  const head = await readFile(path).then((bytes) => bytes.subarray(0, 4));
  return head.equals(Buffer.from([0, 0x61, 0x73, 0x6d]));
}

try {
  const command = parseBundleCommand(process.argv.slice(2));
  if (command === null) console.log(BUNDLE_USAGE);
  else await bundle(command);
} catch (thrown) {
  process.exitCode ??= thrown instanceof UsageError ? 2 : 1;
  console.error(thrown instanceof Error ? thrown.message : String(thrown));
  if (process.exitCode === 2) console.error('\n' + BUNDLE_USAGE);
}
