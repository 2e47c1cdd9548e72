import { useEffect } from 'react';
import { DEFAULT_PREFERENCES, setPreferences, usePreferences } from '../../preferences/preferences.ts';
import { InstallSettings } from '../install/install-settings.tsx';
import { SamplingSettings } from './sampling-settings.tsx';
import { LockSettings } from '../lock/lock-settings.tsx';
import { LookSettings } from './look-settings.tsx';
import { ActivitySettings } from './activity-settings.tsx';
import { NetworkSettings } from './network-settings.tsx';
import { PrivacySettings } from './privacy-settings.tsx';
import { SessionSettings } from './session-settings.tsx';
import { SigningSettings } from './signing-settings.tsx';
import { SiteSettings } from './site-settings.tsx';
import { StorageSettings } from './storage/storage-settings.tsx';

export interface SettingsScreenProps {
  /** Which part was asked for, e.g. by an error that says where it can be mended. */
  readonly section: string | null;
}

export default function SettingsScreen({ section }: SettingsScreenProps) {
  useEffect(() => {
    if (section === null) return;
    const asked = document.getElementById(`settings-${section}`);
    asked?.scrollIntoView();
    asked?.focus({ preventScroll: true });
  }, [section]);
  return (
    <div className="mx-auto grid w-full max-w-[50rem] gap-12 px-5 py-10 lg:px-8">
      <h1 className="font-serif text-2xl font-semibold">Settings</h1>
      <SiteSettings />
      <LookSettings />
      <SamplingSettings />
      <StorageSettings />
      <SessionSettings />
      <LockSettings />
      <SigningSettings />
      <NetworkSettings />
      <ActivitySettings />
      <PrivacySettings />
      <InstallSettings />
      <p className="text-sm text-ink-muted">
        <button
          type="button"
          className="-my-1 py-1 text-accent underline underline-offset-2"
          onClick={() => {
            const { lastModelId, lockMinutes } = usePreferences.getState();
            setPreferences({ ...DEFAULT_PREFERENCES, lastModelId, lockMinutes });
          }}
        >
          Reset all settings
        </button>{' '}
        Look, keys, prompt and sampling. Chats, models and “Offline only” stay.
      </p>
    </div>
  );
}
