import { isPrivateSession, reloadPrivate } from '../../preferences/private-session.ts';
import { Button } from '../../ui/button.tsx';
import { SettingsSection } from './section.tsx';

/** A session of which nothing is written to the disk. */
export function SessionSettings() {
  const on = isPrivateSession();
  return (
    <SettingsSection
      id="session"
      title="Private session"
      lead="For a machine that others use, too: chats live in this tab’s memory and end with it. The header says so as long as it lasts."
    >
      {on ? (
        <p role="status" className="text-sm">
          This is a private session. End it by its name in the header.
        </p>
      ) : (
        <div>
          <Button
            size="small"
            onClick={() => {
              reloadPrivate(true);
            }}
          >
            Start a private session
          </Button>
        </div>
      )}
    </SettingsSection>
  );
}
