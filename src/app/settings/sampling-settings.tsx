import { promptSettings } from '../../chat/session/reply/prompting.ts';
import { SamplingFields } from '../../chat/screen/sampling-fields.tsx';
import { setPreferences, usePreferences } from '../../preferences/preferences.ts';
import { promptFormats } from '../../prompts/formats.ts';
import { Button } from '../../ui/button.tsx';
import { Select } from '../../ui/field.tsx';
import { DEMO_MODEL_ID, useEngineState } from '../composition/model-runtime.ts';

const FOLLOW = '';
const NOTHING_CHOSEN = { promptFormat: null, systemText: null, sampling: null };

/** What every chat follows that says nothing else itself. */
export function SamplingSettings() {
  const preferences = usePreferences();
  const state = useEngineState();
  const loaded = state.status === 'ready' || state.status === 'generating' ? state.loaded : null;
  const modelId = loaded?.modelId ?? preferences.lastModelId ?? DEMO_MODEL_ID;
  const inForce = promptSettings(modelId, NOTHING_CHOSEN, preferences);
  const ofModel = promptSettings(modelId, NOTHING_CHOSEN, { promptFormat: null, sampling: null });
  return (
    <section aria-labelledby="settings-prompt" className="grid gap-5">
      <h2 id="settings-prompt" className="border-b border-line pb-1 font-serif text-lg font-semibold">
        Prompt and sampling
      </h2>
      <p className="text-sm text-ink-muted">
        For every chat that has no choice of its own. Changes take effect with the next reply; the model stays
        loaded.
      </p>
      <Select
        label="Prompt format"
        hint={inForce.format.summary}
        value={preferences.promptFormat ?? FOLLOW}
        choices={[
          { value: FOLLOW, label: `As the model wants it: ${ofModel.format.name}` },
          ...promptFormats.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        onChange={(id) => {
          setPreferences({ promptFormat: id === FOLLOW ? null : id });
        }}
      />
      <SamplingFields
        sampling={inForce.sampling}
        onChange={(sampling) => {
          setPreferences({ sampling });
        }}
      />
      <div>
        <Button
          size="small"
          disabled={preferences.promptFormat === null && preferences.sampling === null}
          onClick={() => {
            setPreferences({ promptFormat: null, sampling: null });
          }}
        >
          Reset to the model’s own
        </Button>
      </div>
    </section>
  );
}
