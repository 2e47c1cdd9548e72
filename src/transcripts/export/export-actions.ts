/** What the Export menu does. Loaded when it is first used: none of it is in the page's first bundle. */
import { conversationStore } from '../../conversations/data/store.ts';
import { deliverTitle } from './titles.ts';
import { download, fileName, toFile } from './save-file.ts';
import type { TranscriptDocument } from '../format/document.ts';
import { toDocument, writeJson } from './export-json.ts';
import { writeJsonl } from './export-jsonl.ts';
import { writeMarkdown } from './export-markdown.ts';
import { shareLink, type ShareLink } from '../share/share-link.ts';
import { sourceFromStore, type Selection } from './store-source.ts';

export type ExportFormat = 'json' | 'markdown' | 'html' | 'jsonl';

/** Builds the file of one format. @throws AppError `storage/*` */
export async function exportFile(selection: Selection, format: ExportFormat): Promise<File> {
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
  return file.name;
}

export async function documentOf(selection: Selection): Promise<TranscriptDocument> {
  return toDocument(await sourceFromStore(await conversationStore(), selection, __APP_VERSION__, Date.now()));
}

export async function linkOf(selection: Selection): Promise<ShareLink> {
  return shareLink(await documentOf(selection), location.href);
}
