/** What an import may hold. Each number says why; a file past one of them is refused with the number in the message. */

/** A backup of 200,000 messages has about this size; more does not fit a JavaScript string safely. */
export const MAX_FILE_BYTES = 400 * 1024 * 1024;
/**
 * A backup of the app's own is read chat by chat from this size on, so that it may be larger than any string: 200,000 messages
 * with the prompts of their replies are about a gigabyte.
 */
export const STREAM_FROM_BYTES = 16 * 1024 * 1024;
/** More than most browsers give one site; guards against waiting for a file without end. */
export const MAX_BACKUP_BYTES = 16 * 1024 * 1024 * 1024;
/** A share link's transcript after inflating: a link holds a few kilobytes, so more is a deflate bomb. */
export const MAX_LINK_BYTES = 4 * 1024 * 1024;
/** A year of chatting all day; lists stay smooth far beyond what one file brings. */
export const MAX_CHATS = 100_000;
/** Twenty times the longest chat a person has. */
export const MAX_MESSAGES_PER_CHAT = 100_000;
/** More characters than a 2048-token window could ever hold, times a hundred: pasted books still come in. */
export const MAX_TEXT_CHARACTERS = 2_000_000;
/** Deeper than any of the known formats; guards what walks the parsed value. */
export const MAX_DEPTH = 64;
/**
 * Longest share link offered, in characters: a short chat. Browsers open far longer addresses, but programs that pass links on
 * cut or refuse long ones, and a cut link opens nothing; past this the file is the safer way.
 */
export const MAX_LINK_CHARACTERS = 16_000;
/**
 * Messages, chats, folders and models in a share link. Each message has an id and a digest of its own, which don't deflate: at
 * most 700 of them fit the characters above. A link of more was made to stop the tab that draws it.
 */
export const MAX_LINK_ENTRIES = 1000;
