import { SettingsSection } from './section.tsx';

/** What is kept, where, and what never happens. Every sentence is held by a test or by the page's policy. */
export function PrivacySettings() {
  return (
    <SettingsSection id="privacy" title="Privacy">
      <ul className="grid max-w-measure list-disc gap-1.5 pl-5 text-sm">
        <li>Models run on this machine. Questions, replies and imported files are never sent to anyone.</li>
        <li>
          No account, no analytics, no cookies, no error reports. “Copy details” of an error leaves out chats.
        </li>
        <li>
          Chats are stored unencrypted in this browser’s profile. Whoever can use the profile can read them:
          on a shared computer, delete them or use a private window.
        </li>
        <li>
          A share link holds the whole transcript in the link itself. It is made only when you ask for one.
        </li>
        <li>Do not type what identifies a patient. The app cannot tell, and a transcript may travel.</li>
      </ul>
    </SettingsSection>
  );
}
