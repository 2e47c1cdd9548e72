/** `npm run verify -- DIR`: whether a bundle or a package is what it was when it was made: nothing changed, missing or added. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { toAppError } from '../errors/app-error.ts';
import { PROVENANCE_FILE } from '../transcode/package/provenance.ts';
import { verifyPackage } from '../transcode/package/verify.ts';
import { inspectBundle, SUMS, type FolderState } from './bundle/bundle-folder.ts';
import { UsageError } from './transcode/transcode-args.ts';
import { PackageFolder } from './transcode/transcode-folder.ts';
import { nativeHashing } from './transcode/transcode-hashing.ts';

const USAGE = `Checks a folder made by "npm run bundle" or "npm run transcode" against its own list.

  npm run verify -- DIR

Exit codes: 0 all as it was made, 2 wrong arguments or no such folder, 6 something changed, is missing or was added.
A list that was changed along with the files can't show it: compare its own hash with the one you were given.`;

/** @throws UsageError, AppError */
async function inspect(folder: string): Promise<FolderState> {
  if (!existsSync(folder)) throw new UsageError(`${folder} is not there`);
  const bundle = await inspectBundle(folder);
  if (bundle !== null) return bundle;
  if (!existsSync(join(folder, PROVENANCE_FILE)))
    throw new UsageError(
      `${folder} has neither ${SUMS} nor ${PROVENANCE_FILE}: there is no list to check by`,
    );
  return inspectPackage(folder);
}

async function inspectPackage(folder: string): Promise<FolderState> {
  const { bad, provenance } = await verifyPackage(new PackageFolder(folder), { hashing: nativeHashing });
  const names = [...provenance.shards, ...provenance.files].map(({ name }) => name);
  const listed = new Set([PROVENANCE_FILE, ...names]);
  return {
    listed: listed.size,
    missing: bad.filter(({ problem }) => problem === 'missing').map(({ name }) => name),
    changed: bad.filter(({ problem }) => problem !== 'missing').map(({ name }) => name),
    added: (await readdir(folder)).filter((name) => !listed.has(name)),
  };
}

try {
  const [folder, ...rest] = process.argv.slice(2);
  if (folder === '--help' || folder === '-h') console.log(USAGE);
  else if (folder === undefined || rest.length > 0) throw new UsageError('one folder is needed');
  else {
    const { listed, changed, missing, added } = await inspect(folder);
    for (const [what, paths] of Object.entries({ changed, missing, added }))
      for (const path of paths) console.error(`${what}: ${path}`);
    if (changed.length + missing.length + added.length > 0) process.exitCode = 6;
    else console.log(`All ${String(listed)} listed files are as they were made, and there are no others.`);
  }
} catch (thrown) {
  const usage = thrown instanceof UsageError;
  const error = toAppError(thrown);
  process.exitCode = usage ? 2 : error.code === 'transcode/package-damaged' ? 6 : 1;
  console.error(usage ? `${thrown.message}\n\n${USAGE}` : error.message);
}
