/** Writes size and SHA-256 of the Demo model's files into the catalogue: `npx tsx model-config/demo/record-hashes.ts`, after every training. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const catalogue = new URL('../catalogue.json', import.meta.url);
let text = readFileSync(catalogue, 'utf8');
for (const name of ['demo-q4_0.gguf', 'demo-f16.gguf']) {
  const bytes = readFileSync(new URL(`../../public/models/demo/${name}`, import.meta.url));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  // Edited as text, so that the file keeps the layout people gave it.
  const entry = new RegExp(
    `("url": "models/demo/${name}" \\},\\s+"bytes": )\\d+(,\\s+"sha256": )(?:null|"[0-9a-f]*")`,
  );
  if (!entry.test(text)) throw new Error(`the catalogue has no entry for ${name}`);
  text = text.replace(entry, `$1${String(bytes.byteLength)}$2"${sha256}"`);
}
writeFileSync(catalogue, text);
