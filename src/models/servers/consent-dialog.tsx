import { serverTitle } from '../../engine/tab/server-title.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { useConsent } from './consent.ts';

/** Before the first message of a session goes to a server: plainly, what goes where. */
export default function ConsentDialog() {
  const question = useConsent((state) => state.question);
  if (!question) return null;
  const { server, answer } = question;
  const no = (): void => {
    answer(false);
  };
  return (
    <Dialog open title={`Send to ${server.name}?`} onClose={no}>
      <div className="grid gap-3 font-serif text-base">
        <p>
          This message, and what it follows in this chat, leave this machine for the server{' '}
          <strong className="font-semibold [overflow-wrap:anywhere]">{serverTitle(server)}</strong>
          {server.model !== '' && (
            <>
              , which runs <strong className="font-semibold [overflow-wrap:anywhere]">{server.model}</strong>
            </>
          )}
          . So does all that you ask from now on, until you load a model that runs here.
        </p>
        <p>
          Whoever runs that server can read and keep it; the app cannot know whether they do. Send nothing
          that identifies a patient.
        </p>
        <p className="font-sans text-xs text-ink-muted">Asked once a session for each server.</p>
        <div className="flex flex-wrap gap-3 font-sans">
          <Button
            look="primary"
            onClick={() => {
              answer(true);
            }}
          >
            Send to {server.name}
          </Button>
          <Button onClick={no}>Do not send</Button>
        </div>
      </div>
    </Dialog>
  );
}
