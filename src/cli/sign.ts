/** `npm run sign -- DIR`: lists every file of a built app, and signs the list as a bundle's is signed: how a release is vouched for. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inspectBundle, SIGNATURE, SUMS, writeSums } from './bundle/bundle-folder.ts';
import { parseSigningKey, signSums } from './bundle/bundle-signature.ts';
import { UsageError } from './transcode/transcode-args.ts';

const KEY_VARIABLE = 'SIGNING_KEY';
const NAME_VARIABLE = 'SIGNER';

const USAGE = `Writes ${SUMS} into a folder and signs it as ${SIGNATURE}: "npm run verify -- DIR --key FINGERPRINT" holds the folder against both.

  npm run sign -- DIR [--sign KEY.pem] [--signer NAME]

  --sign     an Ed25519 key (openssl genpkey -algorithm ed25519 -out KEY.pem); default: the text of one in ${KEY_VARIABLE}
  --signer   the name that goes with it; default: ${NAME_VARIABLE}

Without a key the list alone is written. Exit codes: 0 done, 1 unexpected failure, 2 wrong arguments or an unfit folder.`;

/** @returns what to say. @throws UsageError */
export async function signFolder(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        sign: { type: 'string' },
        signer: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (thrown) {
    throw new UsageError(thrown instanceof Error ? thrown.message : String(thrown));
  }
  const { values, positionals } = parsed;
  if (values.help === true) return USAGE;
  const [folder, ...more] = positionals;
  if (folder === undefined || more.length > 0) throw new UsageError('one folder is needed');
  if (!existsSync(join(folder, 'index.html'))) throw new UsageError(`${folder} holds no built app`);
  if (existsSync(join(folder, SIGNATURE))) throw new UsageError(`${folder} is signed already: build it anew`);
  const name = values.signer ?? environment[NAME_VARIABLE] ?? '';
  const pem = values.sign === undefined ? environment[KEY_VARIABLE] : await readPem(values.sign);
  // Everything that can be wrong is found before a byte is written. A secret that is not set is an empty variable.
  const key = pem === undefined || pem === '' ? null : await parseSigningKey(pem, name);
  const before = await inspectBundle(folder);
  if (before && before.changed.length + before.missing.length + before.added.length > 0)
    throw new UsageError(`${folder} has a list that does not fit its files: build it anew`);
  const count = before?.listed ?? (await writeSums(folder));
  const listed = `${folder}: ${String(count)} files, listed in ${SUMS}.`;
  if (!key) return `${listed}\nNot signed: no --sign, and ${KEY_VARIABLE} is empty.`;
  return `${listed}\nSigned by “${name}”, key ${await signSums(folder, key)}.`;
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    throw new UsageError(`${path} can’t be read: ${String(thrown)}`);
  }
}

if (process.argv[1] === import.meta.filename) {
  try {
    console.log(await signFolder(process.argv.slice(2), process.env));
  } catch (thrown) {
    const usage = thrown instanceof UsageError;
    process.exitCode = usage ? 2 : 1;
    console.error(thrown instanceof Error ? thrown.message : String(thrown));
    if (usage) console.error(`\n${USAGE}`);
  }
}
