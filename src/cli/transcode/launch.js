/**
 * `npm run transcode`: starts `transcode.ts` as one bundled file, for half the processor time that Node's loaders for TypeScript take, which
 * every thread would take again. It is made by esbuild, which tsx brings along, and kept under a hash of all that went into it:
 * whatever was edited since, in the repository or in its packages, makes a new one. Where none can be made or kept, tsx does it.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { noteUse, tidyBundles } from './bundle-cache.js';

const HERE = import.meta.dirname;
const ROOT = resolve(HERE, '../../..');
const CACHE = join(ROOT, 'node_modules/.cache/transcode');
/** What the newest bundle was made from: paths from the root. */
const INPUTS = join(CACHE, 'inputs.json');
/** Whatever changes in what a bundle is made of or how. */
const ENTRIES = ['transcode', 'transcode-block-worker', 'transcode-hash-worker', 'transcode-store-worker'];

/** @param {readonly string[]} inputs @returns {string} a folder named by their content */
function folderOf(inputs) {
  const hash = createHash('sha256');
  for (const path of [...inputs, join(HERE, 'launch.js')]) {
    const bytes = readFileSync(resolve(ROOT, path));
    hash.update(`${path} ${bytes.length} `).update(bytes);
  }
  return join(CACHE, hash.digest('hex').slice(0, 32));
}

/** @returns {string | null} the folder of a bundle that is still what would be made */
function findBundle() {
  try {
    const folder = folderOf(JSON.parse(readFileSync(INPUTS, 'utf8')));
    return existsSync(folder) ? folder : null;
  } catch {
    return null; // none yet, or a file of it is gone
  }
}

/** @returns {Promise<string>} */
async function makeBundle() {
  const { build } = createRequire(createRequire(import.meta.url).resolve('tsx'))('esbuild');
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'new-'));
  try {
    const { metafile } = await build({
      absWorkingDir: ROOT,
      entryPoints: ENTRIES.map((name) => join(HERE, `${name}.ts`)),
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      outdir: folder,
      metafile: true,
      logLevel: 'silent',
    });
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const inputs = Object.keys(metafile.inputs);
    const made = folderOf(inputs);
    // Whoever came first was as right.
    if (!existsSync(made)) renameSync(folder, made);
    writeFileSync(`${folder}.json`, JSON.stringify(inputs));
    renameSync(`${folder}.json`, INPUTS);
    return made;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns {Promise<string>} */
async function bundle() {
  const found = findBundle();
  const folder = found ?? (await makeBundle());
  try {
    noteUse(folder);
    if (found === null) tidyBundles(CACHE);
  } catch {
    // A read-only folder, or another start tidies: the bundle runs all the same.
  }
  return join(folder, 'transcode.js');
}

let script = join(HERE, 'transcode.ts');
try {
  script = await bundle();
} catch {
  const { register } = await import('tsx/esm/api');
  register();
}
await import(pathToFileURL(script).href);
