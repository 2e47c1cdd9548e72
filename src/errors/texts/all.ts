/** All codes with their words, one file a prefix: a new code is one entry there, so that none can be without its text. */
import { APP_TEXTS } from './app.ts';
import { BYTES_TEXTS } from './bytes.ts';
import { CONVERSATION_TEXTS } from './conversation.ts';
import { ENGINE_TEXTS } from './engine.ts';
import { EXAMS_TEXTS } from './exams.ts';
import { LOCK_TEXTS } from './lock.ts';
import { MODELS_TEXTS } from './models.ts';
import { NETWORK_TEXTS } from './network.ts';
import { POLICY_TEXTS } from './policy.ts';
import { PROMPT_TEXTS } from './prompt.ts';
import { SERVER_TEXTS } from './server.ts';
import { STORAGE_TEXTS } from './storage.ts';
import { TRANSCODE_TEXTS } from './transcode.ts';
import { TRANSCRIPT_TEXTS } from './transcript.ts';
import type { ErrorText } from './text.ts';

export const TEXTS = {
  ...APP_TEXTS,
  ...ENGINE_TEXTS,
  ...STORAGE_TEXTS,
  ...CONVERSATION_TEXTS,
  ...TRANSCRIPT_TEXTS,
  ...POLICY_TEXTS,
  ...LOCK_TEXTS,
  ...PROMPT_TEXTS,
  ...BYTES_TEXTS,
  ...NETWORK_TEXTS,
  ...SERVER_TEXTS,
  ...TRANSCODE_TEXTS,
  ...MODELS_TEXTS,
  ...EXAMS_TEXTS,
} satisfies Record<string, ErrorText>;
