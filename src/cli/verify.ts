/** `npm run verify -- DIR`: whether a bundle or a package is what it was when it was made: nothing changed, missing or added. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { toAppError } from '../errors/app-error.ts';
import { PROVENANCE_FILE } from '../transcode/package/provenance.ts';
import { verifyPackage } from '../transcode/package/verify.ts';
import { checkSums } from './bundle/bundle-signature.ts';
import { inspectBundle, SUMS, type FolderState } from './bundle/bundle-folder.ts';
import { UsageError } from './transcode/transcode-args.ts';
import { PackageFolder } from './transcode/transcode-folder.ts';
import { nativeHashing } from './transcode/transcode-hashing.ts';

const USAGE = `Checks a folder made by "npm run bundle" or "npm run transcode" against its own list.

  npm run verify -- DIR [--key FINGERPRINT]

  --key  whose signature it must bear, as its owner told it to you; without, a signature only has to fit

Exit codes: 0 all as it was made, 2 wrong arguments or no such folder, 6 something changed, is missing or was added, or
the signature does not fit.
A list that was changed along with the files can't show it; a signature by a key you know does.`;

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
  const [option, wanted, ...more] = rest;
  if (folder === '--help' || folder === '-h') console.log(USAGE);
  else if (folder === undefined || more.length > 0) throw new UsageError('one folder is needed');
  else if (option !== undefined && (option !== '--key' || wanted === undefined))
    throw new UsageError(`${option} is no option`);
  else {
    const { listed, changed, missing, added } = await inspect(folder);
    for (const [what, paths] of Object.entries({ changed, missing, added }))
      for (const path of paths) console.error(`${what}: ${path}`);
    const signed = await checkSums(folder);
    const key = wanted?.replace(/\s+/g, '').toLowerCase();
    const asWanted = key === undefined || signed?.fingerprint.replaceAll(' ', '') === key;
    if (signed)
      console.log(
        `Signed by “${signed.name}”, key ${signed.fingerprint}: ${signed.fits === true ? 'fits' : 'does not fit'}.`,
      );
    if (!asWanted) console.error(`Not signed by the key ${wanted ?? ''}`);
    const unfit = (signed !== null && signed.fits !== true) || !asWanted;
    if (changed.length + missing.length + added.length > 0 || unfit) process.exitCode = 6;
    else console.log(`All ${String(listed)} listed files are as they were made, and there are no others.`);
  }
} catch (thrown) {
  const usage = thrown instanceof UsageError;
  const error = toAppError(thrown);
  process.exitCode = usage ? 2 : error.code === 'transcode/package-damaged' ? 6 : 1;
  console.error(usage ? `${thrown.message}\n\n${USAGE}` : error.message);
}
