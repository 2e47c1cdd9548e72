/** One message of any source, before it gets ids. `parent` is an index into the list; null starts the chat. */
export interface PlainMessage {
  readonly role: 'user' | 'assistant';
  readonly text: string;
  readonly parent: number | null;
  /** Milliseconds since the epoch; 0 when the file does not say. */
  readonly createdAt: number;
  /** The source says that a person changed the text. */
  readonly edited?: boolean;
}

export interface PlainChat {
  readonly title: string;
  readonly createdAt: number;
  readonly systemText: string | null;
  readonly messages: readonly PlainMessage[];
  /** Index of the last message on screen; null takes the last one. */
  readonly leaf: number | null;
  /** What the source calls this chat, where it does. */
  readonly sourceId: string | null;
}
