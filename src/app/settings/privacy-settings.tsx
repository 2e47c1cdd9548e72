import { serverTitle } from '../../engine/tab/server-title.ts';
import { useWordsGoTo } from '../../engine/tab/where-words-go.ts';
import { SettingsSection } from './section.tsx';

/** What is kept, where, and what never happens. Every sentence is held by a test or by the page's policy. */
export function PrivacySettings() {
  const server = useWordsGoTo();
  return (
    <SettingsSection id="privacy" title="Privacy">
      <ul className="grid max-w-measure list-disc gap-1.5 pl-5 text-sm">
        <li>
          {server
            ? `The model in use runs on the server ${serverTitle(server)}: your questions, and the chat before them, are sent to it, and its replies come from there. What that server keeps is up to whoever runs it.`
            : 'Models run on this machine. Questions, replies and imported files are never sent to anyone, unless you connect a server and agree to send to it.'}
        </li>
        <li>
          No account, no analytics, no cookies, no error reports. “Copy details” of an error leaves out chats.
        </li>
        <li>
          Chats are stored in this browser’s profile, unencrypted unless you turn encryption on. Whoever can
          use the profile can then read them: on a shared computer, take a private session, encrypt or delete
          them.
        </li>
        <li>
          A share link holds the whole transcript in the link itself. It is made only when you ask for one.
        </li>
        <li>Do not type what identifies a patient. The app cannot tell, and a transcript may travel.</li>
      </ul>
    </SettingsSection>
  );
}
