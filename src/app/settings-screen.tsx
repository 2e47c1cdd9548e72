import {
  DEFAULT_PREFERENCES,
  setPreferences,
  usePreferences,
  type TextSize,
  type Theme,
} from '../lib/preferences.ts';
import { RadioRow } from '../ui/field.tsx';
import { SamplingSettings } from './sampling-settings.tsx';

export default function SettingsScreen() {
  const { theme, textSize } = usePreferences();
  return (
    <div className="mx-auto grid w-full max-w-[50rem] gap-10 px-5 py-10 lg:px-8">
      <h1 className="font-serif text-2xl font-semibold">Settings</h1>
      <section aria-labelledby="settings-look" className="grid gap-5">
        <h2 id="settings-look" className="border-b border-line pb-1 font-serif text-lg font-semibold">
          Look
        </h2>
        <RadioRow
          label="Theme"
          value={theme}
          choices={[
            { value: 'system', label: 'As the system' },
            { value: 'light', label: 'Light' },
            { value: 'dark', label: 'Dark' },
          ]}
          onChange={(value) => {
            setPreferences({ theme: value as Theme });
          }}
        />
        <RadioRow
          label="Text size"
          value={textSize}
          choices={[
            { value: 'small', label: 'Small' },
            { value: 'normal', label: 'Normal' },
            { value: 'large', label: 'Large' },
            { value: 'larger', label: 'Larger' },
          ]}
          onChange={(value) => {
            setPreferences({ textSize: value as TextSize });
          }}
        />
      </section>
      <SamplingSettings />
      <p className="text-sm text-ink-muted">
        <button
          type="button"
          className="text-accent underline underline-offset-2"
          onClick={() => {
            setPreferences({ ...DEFAULT_PREFERENCES, lastModelId: usePreferences.getState().lastModelId });
          }}
        >
          Reset all settings
        </button>
      </p>
    </div>
  );
}
