import type { Conversation } from '../../database/records.ts';
import { usePreferences } from '../../preferences/preferences.ts';
import { promptFormats } from '../../prompts/formats.ts';
import { Button } from '../../ui/button.tsx';
import { Select } from '../../ui/field.tsx';
import { EndFields } from '../presets/end-fields.tsx';
import { underPreset, withoutOwn } from '../presets/follow.ts';
import { PresetSection } from '../presets/preset-section.tsx';
import { loadedModel, useChat } from '../session/chat-environment.ts';
import { isRaw, promptModel, promptSettings } from '../session/reply/prompting.ts';
import { useChatSetup } from '../workbench/use-chat-setup.ts';
import { SamplingFields } from './sampling-fields.tsx';

const FOLLOW = '';

/** How this one chat puts its questions to the model. Takes effect with the next reply; the model is not loaded again. */
export default function ChatSettings({ conversation }: { readonly conversation: Conversation | null }) {
  const { useEngineState } = useChat();
  const chat = useChatSetup(conversation);
  const preferences = usePreferences();
  const loaded = loadedModel(useEngineState());
  const modelId = loaded ? promptModel(loaded) : 'demo';
  const { own, setup, change, changeSetup } = chat;
  const { preset } = chat.follow;
  const inForce = promptSettings(modelId, chat.inForce, preferences);
  const inherited = promptSettings(modelId, underPreset(withoutOwn(own), preset), preferences);
  const parts = [
    own.promptFormat,
    own.systemText,
    own.sampling,
    setup.examples,
    setup.stops,
    setup.bannedTokens,
  ];
  const raw = isRaw(inForce.format);
  const source = preset ? `“${preset.name}”` : 'the app’s settings';

  return (
    <section aria-label="Prompt and sampling of this chat" className="grid grid-cols-1 gap-4">
      <PresetSection chat={chat} settings={inForce} />
      <Select
        label="Prompt format"
        hint={inForce.format.summary}
        value={own.promptFormat ?? FOLLOW}
        choices={[
          { value: FOLLOW, label: `As ${source}: ${inherited.format.name}` },
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
          data-kept="left"
          autoComplete="off"
          rows={2}
          disabled={raw}
          // A reset, or another model, brings another text and with it a new box.
          key={`${conversation?.id ?? ''}/${inForce.systemText}`}
          defaultValue={inForce.systemText}
          aria-describedby="chat-system-text-hint"
          onBlur={(event) => {
            const text = event.currentTarget.value;
            if (text !== inForce.systemText)
              change({ systemText: text === inherited.systemText ? null : text });
          }}
          className="field-sizing-content max-h-60 min-h-10 rounded-md border border-line-strong bg-surface px-3 py-2 text-sm disabled:bg-sunken"
        />
        <p id="chat-system-text-hint" className="text-xs text-ink-muted">
          {raw
            ? 'Raw completion has none: nothing stands before your text.'
            : 'Stands before everything else the model reads. Empty: nothing does.'}
        </p>
      </div>
      <SamplingFields
        sampling={inForce.sampling}
        onChange={(sampling) => {
          change({ sampling });
        }}
      />
      <EndFields
        stops={inForce.stops.filter((stop) => !inForce.format.stops.includes(stop))}
        bannedTokens={inForce.bannedTokens}
        formatStops={inForce.format.stops}
        onStops={(stops) => {
          changeSetup({ stops });
        }}
        onBannedTokens={(bannedTokens) => {
          changeSetup({ bannedTokens });
        }}
      />
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-xs text-ink-muted">Takes effect with the next reply. The model stays loaded.</p>
        <Button
          size="small"
          disabled={parts.every((part) => part === null)}
          onClick={() => {
            change(withoutOwn(own));
          }}
        >
          Reset to {source}
        </Button>
      </div>
    </section>
  );
}
