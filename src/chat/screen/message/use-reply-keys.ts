import { useReplayWanted } from '../../replay/replay-wanted.ts';
import { useShortcut } from '../../../ui/shortcuts.ts';
import type { MessagePart } from './message-actions.tsx';

/** The keys of one reply: of the one that has the focus, else of the last one. They press its buttons, which say what there is. */
export function useReplyKeys(): void {
  useShortcut('reply.details', 'i', 'Details of the reply', () => press('details'));
  useShortcut('reply.tokens', 'k', 'Tokens of the reply', () => press('tokens'));
  useShortcut('reply.compare', 'c', 'Compare versions of the reply', () => press('compare'));
  useShortcut('reply.replay', 'r', 'Run the reply again here', () => {
    const reply = replyWith('details');
    if (!reply) return false;
    useReplayWanted.setState({ messageId: reply.article.dataset.message ?? null });
    if (reply.button.getAttribute('aria-expanded') !== 'true') reply.button.click();
    return true;
  });
}

function press(part: MessagePart): boolean {
  const reply = replyWith(part);
  reply?.button.click();
  return reply !== null;
}

function replyWith(
  part: MessagePart,
): { readonly article: HTMLElement; readonly button: HTMLElement } | null {
  const here = document.activeElement?.closest<HTMLElement>('[data-message]');
  const articles = [...document.querySelectorAll<HTMLElement>('[role=log] [data-message]')];
  for (const article of here ? [here] : articles.toReversed()) {
    const button = article.querySelector<HTMLElement>(`[data-part=${part}]`);
    if (button) {
      article.scrollIntoView({ block: 'nearest' });
      return { article, button };
    }
  }
  return null;
}
