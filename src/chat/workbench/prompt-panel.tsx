import { Plus } from 'lucide-react';
import type { Conversation, ShownMessage } from '../../database/records.ts';
import type { Example } from '../../lib/prompt-settings-schema.ts';
import { PROMPT_SETTING_LIMITS } from '../../lib/prompt-settings-schema.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import type { BlockView } from './measure.ts';
import { Excluded } from './excluded.tsx';
import { ExampleBlock, SystemBlock } from './part-blocks.tsx';
import { PromptSummary } from './prompt-summary.tsx';
import { RawText } from './raw-text.tsx';
import { ReplyBlock, TurnBlock } from './turn-blocks.tsx';
import { useChatSetup } from './use-chat-setup.ts';
import { usePromptView } from './use-prompt-view.ts';

export interface PromptPanelProps {
  readonly conversation: Conversation | null;
  readonly path: readonly ShownMessage[];
}

/** The prompt exactly as the model will see it, while it is typed, block by block; what of it can be changed is changed here. */
export function PromptPanel({ conversation, path }: PromptPanelProps) {
  const chat = useChatSetup(conversation);
  const { view, exact, error } = usePromptView(conversation?.id ?? null, path, chat.inForce);
  if (!view)
    return error ? <ErrorAlert error={error} /> : <p className="text-sm text-ink-muted">Counting…</p>;
  const { setup, changeSetup } = chat;
  const { settings, blocks } = view;
  const { examples } = settings;
  const setExamples = (next: readonly Example[]): void => {
    changeSetup({ examples: [...next] });
  };
  const marked = (key: 'leftOut' | 'pinned', id: string, on: boolean): void => {
    const others = setup[key].filter((each) => each !== id);
    changeSetup({ [key]: on ? [...others, id] : others });
  };
  const turns = blocks.filter(({ place }) => place.part === 'turn' || place.part === 'reply');
  return (
    <div className="grid grid-cols-1 gap-3">
      <PromptSummary view={view} exact={exact} />
      {view.problem && <ErrorAlert error={view.problem} />}
      {error && <ErrorAlert error={error} />}
      {view.raw ? (
        <p className="text-sm text-ink-muted">
          Raw completion: nothing stands before your text, and the model goes on where it ends. What the model
          wrote is marked.
        </p>
      ) : (
        <>
          <SystemBlock
            text={settings.systemText}
            block={blocks.find(({ place }) => place.part === 'system') ?? null}
            changed={chat.own.systemText !== null}
            onChange={(systemText) => {
              chat.change({ systemText });
            }}
          />
          <section aria-label="Worked examples" className="grid grid-cols-1 gap-2">
            {examples.map((example, index) => (
              <ExampleBlock
                // By place: two examples may say the same.
                key={`${String(index)}/${String(examples.length)}`}
                index={index}
                count={examples.length}
                example={example}
                block={exampleBlock(blocks, examples, index)}
                onChange={(next) => {
                  setExamples(examples.with(index, next));
                }}
                onRemove={() => {
                  setExamples(examples.toSpliced(index, 1));
                }}
                onMove={(to) => {
                  setExamples(examples.toSpliced(index, 1).toSpliced(to, 0, example));
                }}
              />
            ))}
            <div className="flex flex-wrap gap-2">
              <Button
                size="small"
                look="quiet"
                icon={Plus}
                disabled={examples.length >= PROMPT_SETTING_LIMITS.examples}
                onClick={() => {
                  setExamples([...examples, { question: '', answer: '', off: false }]);
                }}
              >
                Add an example
              </Button>
              {setup.examples !== null && (
                <Button
                  size="small"
                  look="quiet"
                  onClick={() => {
                    changeSetup({ examples: null });
                  }}
                >
                  Examples as before
                </Button>
              )}
            </div>
          </section>
        </>
      )}
      <Excluded
        path={path}
        dropped={view.dropped}
        leftOut={view.leftOut}
        onPin={(id) => {
          marked('pinned', id, true);
        }}
        onPutBack={(id) => {
          marked('leftOut', id, false);
        }}
      />
      {view.raw && <RawText blocks={turns} />}
      <section aria-label="Conversation in the prompt" className="grid grid-cols-1 gap-2">
        {turns.map((block) =>
          block.place.part === 'turn' ? (
            <TurnBlock
              key={block.place.id}
              id={block.place.id}
              role={block.place.role}
              block={block}
              short={view.raw}
              pinned={setup.pinned.includes(block.place.id)}
              onPin={marked}
            />
          ) : (
            <ReplyBlock key="reply" block={block} />
          ),
        )}
      </section>
    </div>
  );
}

/** Examples that are off or half written have no block. */
function exampleBlock(
  blocks: readonly BlockView[],
  examples: readonly Example[],
  index: number,
): BlockView | null {
  const written = ({ off, question, answer }: Example): boolean =>
    !off && question.trim() !== '' && answer.trim() !== '';
  const example = examples[index];
  if (!example || !written(example)) return null;
  const place = examples.slice(0, index).filter(written).length;
  return blocks.find((block) => block.place.part === 'example' && block.place.index === place) ?? null;
}
