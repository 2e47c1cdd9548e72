/**
 * The chat-messages form researchers feed to other tools: one chat a line, `{"messages":[{"role","content"}…],"metadata":{…}}`,
 * the path on screen of each. Every line has the same members of the same types, none of them null and no list empty, because
 * dataset tools take their columns' types from the first lines (https://huggingface.co/docs/datasets/loading#json).
 * The check value is a file beside it (`sha256sum --check` reads it), so that no line is about the file.
 * https://platform.openai.com/docs/guides/supervised-fine-tuning (the messages form)
 */
import type { Message, Provenance } from '../../database/records.ts';
import { serverTitle } from '../../engine/tab/server-title.ts';
import { buildTree, pathTo } from '../../conversations/messages/tree.ts';
import { canonicalJson } from '../format/integrity/canonical.ts';
import type { TranscriptSource } from './export-json.ts';

/** How one message came about; parallel to `messages`. Where no model wrote it, texts are empty and numbers 0. */
export interface TurnMetadata {
  /** Changed or put in by a person. */
  readonly edited: boolean;
  readonly written_by_model: boolean;
  /** `complete`, `interrupted`, `stopped`, `failed`; of a message that is no reply, `complete`. */
  readonly status: string;
  /** Milliseconds since the epoch; 0 where it is not known. */
  readonly created_at: number;
  readonly model: string;
  readonly quantization: string;
  readonly weights_source: string;
  readonly weights_sha256: string;
  readonly engine: string;
  readonly engine_version: string;
  readonly backend: string;
  /** Whom the words went to; empty for a model on the writer's own machine. */
  readonly server: string;
  readonly served_model: string;
  readonly server_fingerprint: string;
  readonly prompt_format: string;
  readonly system_text: string;
  /** Exactly what the model saw, without BOS. */
  readonly prompt: string;
  readonly temperature: number;
  readonly top_p: number;
  readonly top_k: number;
  readonly repetition_penalty: number;
  readonly max_tokens: number;
  /** −1: the engine did not say. */
  readonly seed: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly finish_reason: string;
}

export async function* writeJsonl(source: TranscriptSource): AsyncGenerator<string> {
  const { notice, exportedAt, appVersion } = source.header;
  for await (const { conversation, messages } of source.chats()) {
    const path = pathTo(buildTree(messages), conversation.leafId);
    if (path.length === 0) continue;
    // A chat without its own system text follows the settings of the day; what the replies saw stands in their provenance.
    const systemText =
      conversation.systemText ?? path.findLast(({ provenance }) => provenance)?.provenance?.systemText ?? '';
    const system = systemText === '' ? [] : [{ role: 'system', content: systemText }];
    yield `${canonicalJson({
      messages: [...system, ...path.map(({ role, text }) => ({ role, content: text }))],
      metadata: {
        id: conversation.id,
        title: conversation.title,
        created_at: conversation.createdAt,
        exported_at: exportedAt,
        app: `Meditron Web ${appVersion}`,
        notice: `${notice.text} — ${notice.author}, ${notice.source}`,
        turns: [...system.map(() => turnMetadata(null)), ...path.map(turnMetadata)],
      },
    })}\n`;
  }
}

function turnMetadata(message: Message | null): TurnMetadata {
  const p: Provenance | null = message?.provenance ?? null;
  return {
    edited: message?.edited ?? false,
    written_by_model: p !== null,
    status: message?.status ?? 'complete',
    created_at: message?.createdAt ?? 0,
    model: p?.modelName ?? '',
    quantization: p?.quantization ?? '',
    weights_source: p?.source ?? '',
    weights_sha256: p?.sourceSha256 ?? '',
    engine: p?.engine ?? '',
    engine_version: p?.engineVersion ?? '',
    backend: p?.backend ?? '',
    server: p?.server ? serverTitle(p.server) : '',
    served_model: p?.server?.model ?? '',
    server_fingerprint: p?.server?.fingerprint ?? '',
    prompt_format: p?.promptFormat ?? '',
    system_text: p?.systemText ?? '',
    prompt: p?.prompt ?? '',
    temperature: p?.sampling.temperature ?? 0,
    top_p: p?.sampling.topP ?? 0,
    top_k: p?.sampling.topK ?? 0,
    repetition_penalty: p?.sampling.repetitionPenalty ?? 0,
    max_tokens: p?.sampling.maxTokens ?? 0,
    seed: p === null ? 0 : (p.seedUsed ?? -1),
    prompt_tokens: p?.promptTokens ?? 0,
    completion_tokens: p?.completionTokens ?? 0,
    finish_reason: p?.finishReason ?? '',
  };
}
