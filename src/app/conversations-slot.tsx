import { Link } from 'wouter';
import { useConversationPage } from '../conversations/hooks.ts';

/** Seam until the Conversations panel is there. */
export default function ConversationsSlot() {
  const page = useConversationPage({ folder: { kind: 'all' }, sort: 'updated' }, { offset: 0, limit: 50 });
  return (
    <nav aria-label="Conversations" className="grid gap-1 p-3 text-sm">
      <Link href="/" className="rounded-md border border-line-strong px-3 py-2 text-center">
        New chat
      </Link>
      {page?.map((conversation) => (
        <Link
          key={conversation.id}
          href={`/c/${conversation.id}`}
          className="truncate rounded-md px-2 py-1.5 hover:bg-accent-soft"
        >
          {conversation.title}
        </Link>
      ))}
    </nav>
  );
}
