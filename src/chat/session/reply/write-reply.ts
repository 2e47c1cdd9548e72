/** One reply, from the model's readiness to its end. */
import type { Message, Provenance, ShownMessage } from '../../../database/records.ts';
import { getConversation, listMessages } from '../../../conversations/data/repository.ts';
import type { Store } from '../../../conversations/data/store.ts';
import { buildTree, pathTo } from '../../../conversations/messages/tree.ts';
import type { ChosenToken, GenerateRequest, GenerationWaiting } from '../../../engine/port.ts';
import { AppError, isAbort, toAppError } from '../../../errors/app-error.ts';
import { NO_CHOICES } from '../chat-choices.ts';
import { createFrameBatch } from '../frames.ts';
import type { LiveRepliesStore } from './live-replies.ts';
import { provenanceAtEnd, provenanceAtStart } from './provenance.ts';
import type { ChatSessionContext, ReplyTask } from '../session-types.ts';

export interface ReplyEnd {
  readonly status: 'complete' | 'stopped' | 'failed';
  readonly text: string;
  readonly error: AppError | null;
  readonly provenance: Provenance | null;
}

/** Streams into `live` and the job's writer. Never rejects: every failure ends up beside the message. */
export async function writeReply(
  job: ReplyTask,
  parts: ChatSessionContext,
  live: LiveRepliesStore,
): Promise<ReplyEnd> {
  const { writer, messageId } = job;
  const { signal } = job.controller;
  const { model } = parts;
  const frames = createFrameBatch(parts.requestFrame);
  let text = writer.startText;
  let provenance: Provenance | null = null;
  const told: ChosenToken[] = [];
  let withTokens = (about: Provenance | null): Provenance | null => about;
  try {
    live.change(messageId, { phase: 'waiting-model' });
    const loaded = await model.ensureLoaded(signal);
    await model.permit(signal);
    const store = await parts.store();
    const [{ prepareReply, traceOf }, turns, conversation] = await Promise.all([
      parts.prompting(),
      pathOf(store, job),
      getConversation(store, job.conversationId),
    ]);
    const prepared = await prepareReply(store, {
      loaded,
      countTokens: (counted) => model.countTokens(counted),
      turns: turns.map((turn) => ({ ...turn, text: newestText(live, turn) })),
      choices: { ...(conversation ?? NO_CHOICES), ...job.how.choices },
      ...(job.how.choices && { within: conversation ?? NO_CHOICES }),
      preferences: parts.preferences(),
      variation: job.how.variation ?? {},
      keepEnd: job.opening?.branch !== undefined,
    });
    withTokens = (about) => {
      const tokens = traceOf(told, writer.startText, job.opening?.trace ?? null);
      return about && tokens ? { ...about, tokens } : about;
    };
    signal.throwIfAborted();
    if (prepared.bannedTokens.length > 0 && !loaded.abilities.bannedTokens)
      throw new AppError('prompt/bans-not-honoured', 'the engine bans no tokens', {
        engine: loaded.engine,
      });
    const { version, acknowledgedAt } = parts.notice();
    provenance = provenanceAtStart({
      loaded,
      prepared,
      notice: { version: version ?? '', acknowledgedAt: acknowledgedAt ?? 0 },
      appVersion: parts.appVersion,
      startedAt: parts.now(),
      ...(job.opening?.branch && { branch: job.opening.branch }),
      ...(job.how.presetName !== undefined && { presetName: job.how.presetName }),
    });
    void writer.describe(provenance);
    live.change(messageId, { phase: 'reading' });

    const { stops, fitted, sampling, bannedTokens } = prepared;
    let generated = '';
    let first: { readonly elapsedMs: number; readonly tokens: number } | null = null;
    const onWaiting = (waiting: GenerationWaiting): void => {
      live.change(messageId, { waiting });
    };
    const { topAlternatives } = sampling;
    const request: GenerateRequest = {
      prompt: fitted.prompt,
      sampling,
      stops,
      ...(topAlternatives !== undefined && { topAlternatives }),
      ...(bannedTokens.length > 0 && { bannedTokens: bannedTokens.map(({ id }) => id) }),
      onWaiting,
    };
    for await (const event of model.generate(request, signal)) {
      if (event.type === 'done') {
        provenance = provenanceAtEnd(provenance, event);
        continue;
      }
      generated += event.text;
      if (event.tokens) told.push(...event.tokens);
      text = prepared.replyText(generated);
      writer.save(text);
      first ??= { elapsedMs: event.elapsedMs, tokens: event.completionTokens };
      const seconds = (event.elapsedMs - first.elapsedMs) / 1000;
      const shown = {
        phase: 'writing',
        waiting: null,
        text,
        completionTokens: event.completionTokens,
        timeToFirstTokenMs: first.elapsedMs,
        tokensPerSecond: seconds > 0 ? (event.completionTokens - first.tokens) / seconds : 0,
      } as const;
      frames.schedule(() => {
        live.change(messageId, shown);
      });
    }
    frames.flush();
    const stopped = provenance.finishReason === 'aborted';
    return {
      status: stopped ? 'stopped' : 'complete',
      text,
      error: null,
      provenance: withTokens(provenance),
    };
  } catch (thrown) {
    frames.flush();
    if (signal.aborted || isAbort(thrown)) {
      return { status: 'stopped', text, error: null, provenance: withTokens(withReason(provenance)) };
    }
    const error = toAppError(thrown, 'engine/generation-failed');
    return { status: 'failed', text, error, provenance: withTokens(provenance) };
  }
}

/** A reply that has just ended may not be on the disk yet when the next question is put to the model. */
function newestText(live: LiveRepliesStore, message: Pick<Message, 'id' | 'text'>): string {
  return live.getState().replies.get(message.id)?.text ?? message.text;
}

/** The messages down to the reply, itself included. */
async function pathOf(store: Store, job: ReplyTask): Promise<readonly ShownMessage[]> {
  return pathTo(buildTree(await listMessages(store, job.conversationId)), job.messageId);
}

function withReason(provenance: Provenance | null): Provenance | null {
  return provenance && { ...provenance, finishReason: 'aborted' as const };
}
