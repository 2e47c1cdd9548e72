import type { Conversation } from '../../database/records.ts';
import { changeConversation } from '../../conversations/data/repository.ts';
import { conversationStore } from '../../conversations/data/store.ts';
import { usePreferences } from '../../preferences/preferences.ts';
import { promptFormats } from '../../prompts/formats.ts';
import { Button } from '../../ui/button.tsx';
import { Select } from '../../ui/field.tsx';
import { showErrorToast } from '../../ui/feedback/use-error-text.ts';
import { loadedModel, useChat } from '../session/chat-environment.ts';
import { useNewChatChoices } from '../session/new-chat-choices.ts';
import { promptSettings, type ChatChoices } from '../session/prompting.ts';
import { SamplingFields } from './sampling-fields.tsx';

const FOLLOW = '';

/** How this one chat puts its questions to the model. Takes effect with the next reply; the model is not loaded again. */
export default function ChatSettings({ conversation }: { readonly conversation: Conversation | null }) {
  const { useEngineState } = useChat();
  const forNew = useNewChatChoices();
  const preferences = usePreferences();
  const modelId = loadedModel(useEngineState())?.modelId ?? 'demo';
  const choices: ChatChoices = conversation ?? forNew;
  const inForce = promptSettings(modelId, choices, preferences);
  const inherited = promptSettings(
    modelId,
    { promptFormat: null, systemText: null, sampling: null },
    preferences,
  );
  const own = choices.promptFormat !== null || choices.systemText !== null || choices.sampling !== null;

  const change = (changes: Partial<ChatChoices>): void => {
    if (!conversation) {
      useNewChatChoices.setState(changes);
      return;
    }
    conversationStore()
      .then((store) => changeConversation(store, conversation.id, changes))
      .catch((thrown: unknown) => {
        showErrorToast(thrown);
      });
  };

  return (
    <section
      aria-label="Prompt and sampling of this chat"
      className="mb-2 grid max-h-[50dvh] gap-4 overflow-y-auto rounded-lg border border-line bg-surface p-4"
    >
      <Select
        label="Prompt format"
        hint={inForce.format.summary}
        value={choices.promptFormat ?? FOLLOW}
        choices={[
          { value: FOLLOW, label: `As the app’s settings: ${inherited.format.name}` },
          ...promptFormats.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        onChange={(id) => {
          change({ promptFormat: id === FOLLOW ? null : id });
        }}
      />
      <div className="grid gap-1">
        <label htmlFor="chat-system-text" className="text-sm font-medium">
          System text
        </label>
        <textarea
          id="chat-system-text"
          autoComplete="off"
          rows={2}
          // A reset, or another model, brings another text and with it a new box.
          key={`${conversation?.id ?? ''}/${inForce.systemText}`}
          defaultValue={inForce.systemText}
          aria-describedby="chat-system-text-hint"
          onBlur={(event) => {
            const text = event.currentTarget.value;
            if (text !== inForce.systemText)
              change({ systemText: text === inherited.systemText ? null : text });
          }}
          className="field-sizing-content max-h-40 rounded-md border border-line-strong bg-surface px-3 py-2 text-sm"
        />
        <p id="chat-system-text-hint" className="text-xs text-ink-muted">
          Stands before everything else the model reads. Empty: nothing does.
        </p>
      </div>
      <SamplingFields
        sampling={inForce.sampling}
        onChange={(sampling) => {
          change({ sampling });
        }}
      />
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-xs text-ink-muted">Takes effect with the next reply. The model stays loaded.</p>
        <Button
          size="small"
          disabled={!own}
          onClick={() => {
            change({ promptFormat: null, systemText: null, sampling: null });
          }}
        >
          Reset to the app’s settings
        </Button>
      </div>
    </section>
  );
}
