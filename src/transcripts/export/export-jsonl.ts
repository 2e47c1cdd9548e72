/**
 * The chat-messages form researchers feed to other tools: one JSON object a line, `{"messages":[{"role","content"}…]}`,
 * the path on screen of one chat each. The first line is about the file (notice and models): it has a `meta` and no messages.
 * https://platform.openai.com/docs/guides/supervised-fine-tuning (the messages form)
 */
import { buildTree, pathTo } from '../../conversations/messages/tree.ts';
import { canonicalJson, contentHash } from '../format/canonical.ts';
import type { TranscriptSource } from './export-json.ts';

export async function* writeJsonl(source: TranscriptSource): AsyncGenerator<string> {
  const hash = await contentHash();
  const line = (value: unknown): string => {
    const text = `${canonicalJson(value)}\n`;
    hash.update(text);
    return text;
  };
  yield line({ meta: source.header });
  for await (const { conversation, messages } of source.chats()) {
    const path = pathTo(buildTree(messages), conversation.leafId);
    if (path.length === 0) continue;
    // A chat without its own system text follows the settings of the day; what the replies saw stands in their provenance.
    const systemText =
      conversation.systemText ?? path.findLast(({ provenance }) => provenance)?.provenance?.systemText ?? '';
    const system = systemText === '' ? [] : [{ role: 'system', content: systemText }];
    yield line({
      messages: [...system, ...path.map(({ role, text }) => ({ role, content: text }))],
      meta: {
        title: conversation.title,
        createdAt: conversation.createdAt,
        // Places in `messages` whose text a person changed or put in.
        edited: path.flatMap(({ edited }, index) => (edited ? [index + system.length] : [])),
        // Which model wrote each reply, and how; null for what no model wrote.
        replies: path.flatMap(({ role, provenance: p }, index) =>
          role === 'assistant'
            ? [
                {
                  message: index + system.length,
                  // Only of a reply that saw another than the one above.
                  ...(p && p.systemText !== systemText && { systemText: p.systemText }),
                  model: p && `${p.modelName} ${p.quantization}`,
                  sampling: p?.sampling ?? null,
                  seed: p?.seedUsed ?? null,
                  finishReason: p?.finishReason ?? null,
                },
              ]
            : [],
        ),
      },
    });
  }
  // The hash covers every line before this one.
  yield `${canonicalJson({ meta: { sha256: hash.digest() } })}\n`;
}
