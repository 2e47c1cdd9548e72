/** What every transcript begins with: the advisory notice, and which models wrote the replies. */
import { engineName } from '../../engine/registry.ts';
import { serverTitle } from '../../engine/tab/server-title.ts';
import {
  ADVISORY_QUOTE,
  NOTICE_SHORT,
  NOTICE_VERSION,
  QUOTE_AUTHOR,
  QUOTE_SOURCE,
} from '../../notice/text.ts';
import {
  TRANSCRIPT_FORMAT,
  TRANSCRIPT_VERSION,
  type ModelSummary,
  type NoticeInFile,
  type TranscriptChat,
  type TranscriptHeader,
} from './document.ts';

export const NOTICE_IN_FILE: NoticeInFile = {
  text: ADVISORY_QUOTE,
  author: QUOTE_AUTHOR,
  source: QUOTE_SOURCE.url,
  remark: NOTICE_SHORT,
  version: NOTICE_VERSION,
};

/** Counts replies by model as chats pass by, so that two passes over a store need no more memory than one chat. */
export class ModelTally {
  private readonly byModel = new Map<string, ModelSummary>();
  private chats = 0;

  add(chat: TranscriptChat): void {
    this.chats += 1;
    for (const { provenance } of chat.messages) {
      if (!provenance) continue;
      const { modelName: model, quantization, engine, engineVersion, source, sourceSha256 } = provenance;
      const server = provenance.server ? serverTitle(provenance.server) : '';
      const key = JSON.stringify([model, quantization, engine, engineVersion, source, sourceSha256, server]);
      const before = this.byModel.get(key)?.replies ?? 0;
      this.byModel.set(key, {
        model,
        quantization,
        engine,
        engineVersion,
        source,
        sourceSha256,
        ...(server !== '' && { server }),
        replies: before + 1,
      });
    }
  }

  /** @param exportedAt milliseconds since the epoch. */
  header(exportedAt: number, appVersion: string): TranscriptHeader {
    return {
      format: TRANSCRIPT_FORMAT,
      version: TRANSCRIPT_VERSION,
      notice: NOTICE_IN_FILE,
      exportedAt,
      appVersion,
      chats: this.chats,
      models: [...this.byModel.values()].sort(
        (a, b) => b.replies - a.replies || (a.model < b.model ? -1 : 1),
      ),
    };
  }
}

/** One line per model, e.g. `Demo model (Q4_0), llama.cpp wllama 3.8.1: 12 replies`. */
export function describeModel(summary: ModelSummary): string {
  const { model, quantization, engine, engineVersion, server, replies } = summary;
  const on = server === undefined ? '' : ` on ${server}`;
  return `${model} (${quantization})${on}, ${engineName(engine)} ${engineVersion}: ${replies} ${replies === 1 ? 'reply' : 'replies'}`;
}
