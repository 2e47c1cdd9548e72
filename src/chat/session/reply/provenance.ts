import type { Provenance } from '../../../database/records.ts';
import type { GenerationDone, LoadedModel, ServerInUse } from '../../../engine/port.ts';
import type { PreparedPrompt } from './prompting.ts';

export interface ReplyCircumstances {
  readonly loaded: LoadedModel;
  readonly prepared: PreparedPrompt;
  readonly notice: { readonly version: string; readonly acknowledgedAt: number };
  readonly appVersion: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly branch?: NonNullable<Provenance['branch']>;
  readonly presetName?: string;
}

/** How a reply comes about, as far as it is known when the request is made. */
export function provenanceAtStart(about: ReplyCircumstances): Provenance {
  const { loaded, prepared, notice } = about;
  return {
    modelId: loaded.modelId,
    modelName: loaded.displayName,
    quantization: loaded.quantization,
    source: loaded.source,
    sourceSha256: loaded.sourceSha256,
    ...(loaded.verifiedAt !== undefined && { weightsVerifiedAt: loaded.verifiedAt }),
    librarySha256: loaded.librarySha256,
    engine: loaded.engine,
    engineVersion: loaded.engineVersion,
    backend: loaded.backend,
    ...(loaded.server && { server: serverOf(loaded.server) }),
    adapter: loaded.adapter,
    promptFormat: prepared.format.id,
    systemText: prepared.systemText,
    demonstrations: prepared.demonstrations,
    prompt: prepared.fitted.prompt,
    ...(prepared.fitted.openReply !== '' && { continues: prepared.fitted.openReply.length }),
    ...(about.branch && { branch: about.branch }),
    ...(about.presetName !== undefined && { preset: about.presetName }),
    droppedMessageIds: [...prepared.fitted.dropped],
    ...(prepared.fitted.leftOut.length > 0 && { leftOutMessageIds: [...prepared.fitted.leftOut] }),
    stops: [...prepared.stops],
    ...(prepared.bannedTokens.length > 0 &&
      loaded.abilities.bannedTokens && { bannedTokens: prepared.bannedTokens.map(({ id }) => id) }),
    sampling: { ...prepared.sampling },
    seedUsed: prepared.sampling.seed,
    ignoredSampling:
      prepared.sampling.topAlternatives !== undefined && loaded.abilities.alternatives === 0
        ? ['topAlternatives']
        : [],
    promptTokens: prepared.fitted.promptTokens,
    reusedTokens: 0,
    completionTokens: 0,
    timeToFirstTokenMs: 0,
    decodeTokensPerSecond: 0,
    finishReason: null,
    noticeVersion: notice.version,
    noticeAcknowledgedAt: notice.acknowledgedAt,
    appVersion: about.appVersion,
    startedAt: about.startedAt,
  };
}

export function provenanceAtEnd(start: Provenance, done: GenerationDone): Provenance {
  return {
    ...start,
    ...(start.server && {
      server: { ...start.server, fingerprint: done.fingerprint ?? start.server.fingerprint },
    }),
    seedUsed: done.seed ?? start.seedUsed,
    ignoredSampling: [...new Set([...start.ignoredSampling, ...done.ignored])],
    promptTokens: done.usage.promptTokens || start.promptTokens,
    reusedTokens: done.usage.reusedTokens,
    completionTokens: done.usage.completionTokens,
    // Without a first token engines tell the time until the end.
    timeToFirstTokenMs: done.usage.completionTokens > 0 ? done.timings.timeToFirstTokenMs : 0,
    decodeTokensPerSecond: done.timings.decodeTokensPerSecond,
    finishReason: done.finishReason,
  };
}

function serverOf({ name, host, model, fingerprint }: ServerInUse): NonNullable<Provenance['server']> {
  return { name, host, model, fingerprint };
}
