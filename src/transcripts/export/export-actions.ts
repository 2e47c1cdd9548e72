/** What the Export menu does. Loaded when it is first used: none of it is in the page's first bundle. */
import { AppError } from '../../errors/app-error.ts';
import { usePolicy } from '../../preferences/site-policy.ts';
import { conversationStore } from '../../conversations/data/store.ts';
import { deliverTitle } from './titles.ts';
import { fileName } from '../format/file-name.ts';
import { download, toFile } from './save-file.ts';
import type { TranscriptDocument } from '../format/document.ts';
import { blobSha256 } from '../format/canonical.ts';
import { checkFileText } from '../format/check-file.ts';
import { toDocument, writeJson } from './export-json.ts';
import { writeJsonl } from './export-jsonl.ts';
import { writeMarkdown } from './export-markdown.ts';
import { shareLink, type ShareLink } from '../share/share-link.ts';
import { sourceFromStore, type Selection } from './store-source.ts';

export type ExportFormat = 'json' | 'markdown' | 'html' | 'jsonl';

/** The last gate, whatever a screen offers. @throws AppError `policy/forbidden` */
function requireExports(): void {
  if (!usePolicy.getState().exports)
    throw new AppError('policy/forbidden', 'config.json: policy.exports is false');
}

/** Builds the file of one format. @throws AppError `policy/forbidden`, `storage/*` */
export async function exportFile(selection: Selection, format: ExportFormat): Promise<File> {
  requireExports();
  const now = Date.now();
  const source = await sourceFromStore(await conversationStore(), selection, __APP_VERSION__, now);
  const title = await deliverTitle(source, selection);
  switch (format) {
    case 'json':
      return toFile(writeJson(source), fileName(title, now, '.json'), 'application/json');
    case 'jsonl':
      return toFile(writeJsonl(source), fileName(title, now, '.jsonl'), 'application/jsonl');
    case 'markdown':
      return toFile(writeMarkdown(source), fileName(title, now, '.md'), 'text/markdown');
    case 'html': {
      const { writeHtml } = await import('./export-html.tsx');
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

/** Its lines are a chat each, so the check value lies beside it: `sha256sum --check` and Import read it. */
async function checkFileOf(file: File): Promise<File> {
  return new File([checkFileText(await blobSha256(file), file.name)], `${file.name}.sha256`, {
    type: 'text/plain',
  });
}

export async function documentOf(selection: Selection): Promise<TranscriptDocument> {
  requireExports();
  return toDocument(await sourceFromStore(await conversationStore(), selection, __APP_VERSION__, Date.now()));
}

export async function linkOf(selection: Selection): Promise<ShareLink> {
  if (!usePolicy.getState().shareLinks)
    throw new AppError('policy/forbidden', 'config.json: policy.shareLinks is false');
  return shareLink(await documentOf(selection), location.href);
}
