/** A request that is waited for: behind a queue, through a long silence, and no longer than the server lives. */
import { AppError } from '../../errors/app-error.ts';
import type { z } from '../../lib/zod.ts';
import type { GenerationWaiting } from '../port.ts';
import type { ServerAbilities } from './connect/abilities.ts';
import { hostOf, readJson, request, type ServerEndpoint } from './http.ts';
import { orAfter, type Patience, type Surroundings } from './patience.ts';
import { waitAhead } from './server-load.ts';

export interface PatientContext {
  readonly server: ServerEndpoint;
  readonly abilities: Pick<ServerAbilities, 'load'>;
  readonly surroundings: Surroundings;
  readonly patience: Patience;
  readonly signal: AbortSignal;
}

export type Tell = ((waiting: GenerationWaiting) => void) | undefined;

/**
 * Sends the request until a server that is full takes it; meanwhile tells how the queue stands.
 * @returns the answer's head. @throws AppError `server/*`, `engine/prompt-too-long`, `aborted`.
 */
export async function patientRequest(
  context: PatientContext,
  path: string,
  body: unknown,
  tell?: Tell,
): Promise<Response> {
  const { surroundings, patience, signal } = context;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await answered(context, path, body, tell);
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'server/busy') throw thrown;
      const ms = patience.waitAfter(attempt, thrown);
      if (ms === null) throw thrown;
      tell?.({
        because: thrown.details.loading === true ? 'loading' : 'full',
        ahead: await waitAhead(context),
        ms,
      });
      await surroundings.sleep(ms, signal);
    }
  }
}

/** As `patientRequest`, with the answer read and checked. */
export async function patientJson<S extends z.ZodType>(
  context: PatientContext,
  path: string,
  schema: S,
  body: unknown,
  tell?: Tell,
): Promise<z.infer<S>> {
  return readJson(await patientRequest(context, path, body, tell), context.server, path, schema);
}

/**
 * Waits for the answer's head. llama-server sends it with the first token only, and whatever is not streamed comes whole at
 * the end, so a long silence here is a queue or a long prompt as often as it is a dead server: the server is asked for a sign
 * of life.
 */
async function answered(context: PatientContext, path: string, body: unknown, tell: Tell): Promise<Response> {
  const { server, surroundings, patience, signal } = context;
  const stop = new AbortController();
  const work = request(server, surroundings, path, {
    body,
    signal: AbortSignal.any([signal, stop.signal]),
  });
  work.catch(() => undefined); // seen below, or given up with the whole
  let silentMs = 0;
  try {
    for (;;) {
      const head = await orAfter(work, patience.checkEveryMs);
      if (head) return head;
      silentMs += patience.checkEveryMs;
      await requireLife(context, silentMs, tell);
    }
  } catch (thrown) {
    stop.abort();
    throw thrown;
  }
}

/** Tells of a silence. @throws AppError `server/lost` when the server gives no sign of life, `server/timeout` after too long. */
export async function requireLife(context: PatientContext, silentMs: number, tell: Tell): Promise<void> {
  const { server, surroundings, patience, signal } = context;
  const host = hostOf(server.root);
  if (silentMs >= patience.longestSilenceMs)
    throw new AppError('server/timeout', 'the server sent nothing for too long', { host, silentMs });
  try {
    const within = AbortSignal.any([signal, surroundings.timeout(patience.signOfLifeMs)]);
    const response = await request(server, surroundings, 'v1/models', { signal: within });
    await response.body?.cancel();
  } catch (thrown) {
    signal.throwIfAborted();
    // A server that is too busy even to list its models is alive.
    if (!(thrown instanceof AppError && thrown.code === 'server/busy'))
      throw new AppError(
        'server/lost',
        'the server gives no sign of life',
        { host, silentMs },
        { cause: thrown },
      );
  }
  const there = await waitAhead(context);
  // One of them is one's own.
  tell?.({ because: 'silent', ahead: there === null ? null : Math.max(0, there - 1), ms: silentMs });
}
