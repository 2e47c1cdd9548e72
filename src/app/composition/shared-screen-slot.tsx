import { ReplayTranscript } from '../../chat/replay/replay-transcript.tsx';
import { SharedScreen } from '../../transcripts/share/shared-screen.tsx';

/** A shared transcript, which the chat's model can run again. */
export default function SharedScreenSlot({ onKept }: { readonly onKept: (conversationId: string) => void }) {
  return <SharedScreen onKept={onKept} tools={(path) => <ReplayTranscript path={path} />} />;
}
