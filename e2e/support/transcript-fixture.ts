/** A small chat with versions, an edit and provenance, as a file of the app: for tests that need a chat and no model. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Browser, type Page } from '@playwright/test';
import type { Message } from '../../src/database/records.ts';
import type { FiledChat, TranscriptChat, TranscriptDocument } from '../../src/transcripts/format/document.ts';
import { writeJson, type TranscriptSource } from '../../src/transcripts/export/export-json.ts';
import { ModelTally } from '../../src/transcripts/format/header.ts';
import { acceptNotice, withoutModel } from './app.ts';

export const QUESTION = 'How does metformin lower blood glucose?';
const AT = Date.UTC(2025, 10, 21);

const PROVENANCE: NonNullable<Message['provenance']> = {
  modelId: 'meditron-7b',
  modelName: 'Meditron-7B',
  quantization: 'q4f16_1',
  source: 'https://models.example/meditron-7b/',
  sourceSha256: '3f'.repeat(32),
  librarySha256: 'ab'.repeat(32),
  engine: 'mlc',
  engineVersion: '0.2.86',
  backend: 'webgpu',
  adapter: 'A graphics card',
  promptFormat: 'plain',
  systemText: 'You are a helpful assistant.',
  demonstrations: 1,
  prompt: `### User: ${QUESTION}\n### Assistant:`,
  droppedMessageIds: [],
  sampling: { temperature: 0.2, topP: 0.95, topK: 40, repetitionPenalty: 1.1, seed: 7, maxTokens: 512 },
  seedUsed: 7,
  ignoredSampling: [],
  promptTokens: 312,
  reusedTokens: 0,
  completionTokens: 188,
  timeToFirstTokenMs: 420,
  decodeTokensPerSecond: 31.2,
  finishReason: 'stop',
  noticeVersion: '2025-11-21',
  noticeAcknowledgedAt: AT,
  appVersion: '0.1.0',
  startedAt: AT,
};

export function sampleChat(): TranscriptChat {
  const id = 'sample';
  const message = (name: string, parentId: string | null, role: Message['role'], text: string): Message => ({
    id: `${id}-${name}`,
    conversationId: id,
    parentId: parentId === null ? null : `${id}-${parentId}`,
    role,
    text,
    createdAt: AT,
    status: 'complete',
    edited: false,
    errorCode: null,
    provenance: role === 'assistant' ? PROVENANCE : null,
  });
  return {
    conversation: {
      id,
      title: QUESTION,
      titleFrom: 'auto',
      createdAt: AT,
      updatedAt: AT,
      folderId: null,
      pinned: false,
      leafId: `${id}-b`,
      promptFormat: null,
      systemText: null,
      sampling: null,
    },
    messages: [
      message('q', null, 'user', QUESTION),
      message('a', 'q', 'assistant', 'It makes the liver release **less** glucose: $E = mc^2$.'),
      {
        ...message('b', 'q', 'assistant', 'Changed by hand & kept. 漢字 🫀'),
        createdAt: AT + 1,
        edited: true,
      },
    ],
  };
}

export function sourceOf(chat: TranscriptChat): TranscriptSource {
  const tally = new ModelTally();
  tally.add(chat);
  return { header: tally.header(AT, '0.1.0'), folders: [], chats: () => [chat] };
}

export async function fileOf(source: TranscriptSource): Promise<string> {
  let text = '';
  for await (const piece of writeJson(source)) text += piece;
  return text;
}

/** The app without a model, which none of this needs. */
export async function openWithoutModel(page: Page, route = ''): Promise<void> {
  await withoutModel(page);
  await page.goto(`/${route}`);
  await acceptNotice(page);
}

export async function importText(
  page: Page,
  name: string,
  text: string,
  beside: readonly { readonly name: string; readonly text: string }[] = [],
): Promise<string> {
  // From the disk, as a person's are: sent along, twenty megabytes take ten seconds.
  const folder = await mkdtemp(join(tmpdir(), 'meditron-import-'));
  try {
    const files = [{ name, text }, ...beside].map((each) => ({ path: join(folder, each.name), ...each }));
    await Promise.all(files.map((each) => writeFile(each.path, each.text)));
    await page.locator('input[type=file][accept*=jsonl]').setInputFiles(files.map(({ path }) => path));
    const report = page.getByRole('dialog', { name: 'Import' });
    await expect(report).toContainText('came in', { timeout: 60_000 });
    const words = await report.innerText();
    await report.getByRole('button', { name: 'Done' }).click();
    return words;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The sample, imported and on screen. */
export async function openSample(page: Page): Promise<void> {
  await openWithoutModel(page);
  await importText(page, 'sample.json', await fileOf(sourceOf(sampleChat())));
  await page.goto('/#/c/sample');
  await expect(page.getByRole('article', { name: 'You' })).toContainText(QUESTION);
}

/** For a context of its own: where the app is. */
export function base(): { readonly baseURL?: string } {
  const { baseURL } = test.info().project.use;
  return baseURL ? { baseURL } : {};
}

export function conversationsIn(json: string): readonly FiledChat[] {
  return (JSON.parse(json) as TranscriptDocument).conversations;
}

export async function exportAs(page: Page, format: string): Promise<{ name: string; text: string }> {
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: format, exact: true }).click(),
  ]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

/** Imports into a profile that has seen nothing, and exports from there what came in. */
export async function throughCleanProfile(
  browser: Browser,
  file: { name: string; text: string },
  title: string,
  beside: readonly { name: string; text: string }[] = [],
) {
  const context = await browser.newContext({ ...base(), serviceWorkers: 'block' });
  const page = await context.newPage();
  await openWithoutModel(page);
  const words = await importText(page, file.name, file.text, beside);
  await page.getByRole('navigation', { name: 'Conversations' }).getByRole('link', { name: title }).click();
  await expect(page.getByRole('article', { name: 'You' }).first()).toContainText(title);
  const again = await exportAs(page, 'JSON');
  await context.close();
  return { words, again };
}
