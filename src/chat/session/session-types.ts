/** What a chat session is made of, and what it is asked for. */
import type { TokenTrace, Provenance } from '../../database/records.ts';
import type { ReplyWriter } from '../../conversations/messages/replies.ts';
import type { Store } from '../../conversations/data/store.ts';
import type { Engine, LoadedModel } from '../../engine/port.ts';
import type { AppError } from '../../errors/app-error.ts';
import type { Preferences } from '../../preferences/preferences.ts';
import type { ChatChoices } from './chat-choices.ts';
import type { RequestFrame } from './frames.ts';
import type * as Prompting from './reply/prompting.ts';
import type { Variation } from './reply/prompting.ts';

/** The engine at work, whichever it is, and the way to have one. */
export interface ChatModel extends Pick<Engine, 'generate' | 'countTokens'> {
  /** Why no reply can be had before a person does something about the model; null when one can, if only after loading. */
  unusable(): AppError | null;
  /**
   * Waits for the model that is loading, or loads the one to use when none is. It goes on loading when `signal` aborts.
   * @throws AppError what `unusable` says, why loading failed, or `aborted`.
   */
  ensureLoaded(signal: AbortSignal): Promise<LoadedModel>;
  /**
   * Asks a person, once in a session and server, whether words may go to the server that is in use; nothing where the model
   * runs on this machine. @throws AppError `server/unconfirmed`.
   */
  permit(signal?: AbortSignal): Promise<void>;
}

export interface ChatSessionContext {
  readonly store: () => Promise<Store>;
  readonly model: ChatModel;
  readonly prompting: () => Promise<typeof Prompting>;
  readonly notice: () => { readonly version: string | null; readonly acknowledgedAt: number | null };
  readonly preferences: () => Pick<Preferences, 'promptFormat' | 'sampling'>;
  readonly appVersion: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly requestFrame: RequestFrame;
  /** Tells why a question that is stored got no reply begun, e.g. `storage/full`; Regenerate asks for it later. */
  readonly onUnanswered: (thrown: unknown) => void;
}

export interface Question {
  /** null begins a new chat. */
  readonly conversationId: string | null;
  /** The last message on screen. */
  readonly parentId: string | null;
  readonly text: string;
  /** For a new chat. */
  readonly choices?: ChatChoices;
}

/** How one version of a reply is made otherwise than its chat says. */
export interface VersionHow {
  readonly variation?: Variation;
  readonly choices?: Partial<ChatChoices>;
  /** Of the preset among `choices`, for the record. */
  readonly presetName?: string;
  /** `aside`: the version on screen stays there. */
  readonly place?: 'shown' | 'aside';
}

/** What a new version begins with: an earlier one up to a token, and another in its place. */
export interface Opening {
  readonly text: string;
  readonly trace: TokenTrace;
  readonly branch: NonNullable<Provenance['branch']>;
}

/** One reply that waits or is written. */
export interface ReplyTask {
  readonly conversationId: string;
  readonly messageId: string;
  readonly writer: ReplyWriter;
  readonly controller: AbortController;
  readonly how: VersionHow;
  /** The tokens it begins with. */
  readonly opening: (Pick<Opening, 'trace'> & Partial<Opening>) | null;
}
