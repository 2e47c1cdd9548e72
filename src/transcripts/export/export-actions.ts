/** What the Export menu does. Loaded when it is first used: none of it is in the page's first bundle. */
import { AppError } from '../../errors/app-error.ts';
import { requireExports, usePolicy } from '../../preferences/site-policy.ts';
import { noteActivityHere } from '../../conversations/data/activity/activity.ts';
import { conversationStore } from '../../conversations/data/store.ts';
import { LEAST_CHARACTERS } from '../../lock/passphrase-fields.tsx';
import { encrypted } from '../age/age-calls.ts';
import { exportTitle } from './titles.ts';
import { fileName } from '../format/file-name.ts';
import { download, toFile } from './save-file.ts';
import type { TranscriptDocument } from '../format/document.ts';
import { blobSha256 } from '../format/integrity/canonical.ts';
import { checkFileText } from '../format/integrity/check-file.ts';
import { ownKey, ownSigner } from '../signing/own-key.ts';
import { toDocument, writeJson, type TranscriptSource } from './export-json.ts';
import { writeJsonl } from './export-jsonl.ts';
import { writeMarkdown } from './export-markdown.ts';
import { shareLink, type ShareLink } from '../share/share-link.ts';
import { sourceFromStore, type Selection } from './store-source.ts';

export type ExportFormat = 'json' | 'markdown' | 'html' | 'jsonl';

function note(selection: Selection, form: ExportFormat | 'print' | 'link'): void {
  noteActivityHere(
    selection === 'all'
      ? { kind: 'exported', what: 'everything', form }
      : { kind: 'exported', what: 'chats', form, count: selection.length },
  );
}

/** Builds the file of one format. @throws AppError `policy/forbidden`, `storage/*` */
export async function exportFile(selection: Selection, format: ExportFormat): Promise<File> {
  requireExports();
  note(selection, format);
  const now = Date.now();
  const source = await signedSource(selection, now);
  const title = await exportTitle(source, selection);
  switch (format) {
    case 'json':
      return toFile(writeJson(source), fileName(title, now, '.json'), 'application/json');
    case 'jsonl':
      return toFile(writeJsonl(source), fileName(title, now, '.jsonl'), 'application/jsonl');
    case 'markdown':
      return toFile(writeMarkdown(source), fileName(title, now, '.md'), 'text/markdown');
    case 'html': {
      const { writeHtml } = await import('./page/export-html.tsx');
      return toFile(writeHtml(source), fileName(title, now, '.html'), 'text/html');
    }
  }
}

export async function exportAndDownload(selection: Selection, format: ExportFormat): Promise<string> {
  const file = await exportFile(selection, format);
  download(file);
  if (format === 'jsonl') download(await checkFileOf(file));
  return file.name;
}

/** Everything, opened by a passphrase only. @throws AppError `lock/short-passphrase`, `policy/forbidden`, `storage/*` */
export async function backUpEncrypted(passphrase: string): Promise<string> {
  if (passphrase.normalize('NFC').length < LEAST_CHARACTERS)
    throw new AppError('lock/short-passphrase', `Fewer than ${String(LEAST_CHARACTERS)} characters`);
  const file = await encrypted(await exportFile('all', 'json'), passphrase);
  download(file);
  return file.name;
}

/** Its lines are a chat each, so check value and signature lie beside it: `sha256sum --check` and Import read it. */
async function checkFileOf(file: File): Promise<File> {
  const sha256 = await blobSha256(file);
  const sign = await ownSigner('transcript');
  const text = checkFileText(sha256, file.name, await sign?.(sha256));
  return new File([text], `${file.name}.sha256`, { type: 'text/plain' });
}

/** @param form for the log. */
export async function documentOf(
  selection: Selection,
  form: 'print' | 'link' = 'print',
): Promise<TranscriptDocument> {
  requireExports();
  note(selection, form);
  return toDocument(await signedSource(selection, Date.now()));
}

async function signedSource(selection: Selection, now: number): Promise<TranscriptSource> {
  const store = await conversationStore();
  const source = await sourceFromStore(store, selection, __APP_VERSION__, now);
  const [signer, sign] = await Promise.all([ownKey(store), ownSigner('transcript')]);
  return signer && sign ? { ...source, signer, sign } : source;
}

export async function linkOf(selection: Selection): Promise<ShareLink> {
  if (!usePolicy.getState().shareLinks)
    throw new AppError('policy/forbidden', 'config.json: policy.shareLinks is false');
  return shareLink(await documentOf(selection, 'link'), location.href);
}
