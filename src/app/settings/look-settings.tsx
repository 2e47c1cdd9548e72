import {
  DEFAULT_PREFERENCES,
  setPreferences,
  usePreferences,
  type TextSize,
  type Theme,
} from '../../preferences/preferences.ts';
import { Checkbox, RadioRow } from '../../ui/field.tsx';
import { ResetButton, SettingsSection } from './section.tsx';

export function LookSettings() {
  const { theme, textSize, singleKeys } = usePreferences();
  const { theme: itsTheme, textSize: itsSize, singleKeys: itsKeys } = DEFAULT_PREFERENCES;
  return (
    <SettingsSection id="look" title="Look and keys" lead="For this browser, at once, in every tab.">
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
      <p className="-mt-3 text-xs text-ink-muted">
        Text size is on top of the browser’s own and its zoom, for everything in the app.
      </p>
      <Checkbox
        label="Single keys as shortcuts"
        hint="Such as ? for the list of shortcuts. Off is better if you dictate or rest on the keys."
        checked={singleKeys}
        onChange={(on) => {
          setPreferences({ singleKeys: on });
        }}
      />
      <ResetButton
        disabled={theme === itsTheme && textSize === itsSize && singleKeys === itsKeys}
        onClick={() => {
          setPreferences({ theme: itsTheme, textSize: itsSize, singleKeys: itsKeys });
        }}
      >
        Reset look and keys
      </ResetButton>
    </SettingsSection>
  );
}
