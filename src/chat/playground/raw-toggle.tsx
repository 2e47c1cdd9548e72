import { AlignLeft, MessagesSquare } from 'lucide-react';
import { useEffect, useEffectEvent } from 'react';
import type { Conversation } from '../../database/records.ts';
import { setPreferences, usePreferences } from '../../preferences/preferences.ts';
import { Button } from '../../ui/button.tsx';
import { useShortcut } from '../../ui/shortcuts.ts';
import { loadedModel, useChat } from '../session/chat-environment.ts';
import { isRaw, promptModel, promptSettings } from '../session/reply/prompting.ts';
import { useChatSetup } from '../workbench/use-chat-setup.ts';

export interface RawToggleProps {
  readonly conversation: Conversation | null;
  /** Told whether the chat is a raw completion, and again when that changes. */
  readonly onRaw: (raw: boolean) => void;
}

/** Of a raw completion only: shown as the one text that it is, or as the messages it is kept as. */
export default function RawToggle({ conversation, onRaw }: RawToggleProps) {
  const { useEngineState } = useChat();
  const { inForce } = useChatSetup(conversation);
  const promptFormat = usePreferences((state) => state.promptFormat);
  const loaded = loadedModel(useEngineState());
  const modelId = loaded ? promptModel(loaded) : 'demo';
  const raw = isRaw(promptSettings(modelId, inForce, { promptFormat, sampling: null }).format);
  const tell = useEffectEvent(onRaw);
  useEffect(() => {
    tell(raw);
  }, [raw, conversation?.id]);
  return raw ? <Toggle /> : null;
}

function Toggle() {
  const asText = usePreferences((state) => state.rawAsText);
  const toggle = (): void => {
    setPreferences({ rawAsText: !asText });
  };
  useShortcut('playground.toggle', 'o', 'Show raw completion as one text or as messages', () => {
    toggle();
  });
  return (
    <Button
      size="small"
      look="quiet"
      icon={asText ? MessagesSquare : AlignLeft}
      className="shrink-0"
      onClick={toggle}
    >
      {asText ? 'As messages' : 'As one text'}
    </Button>
  );
}
