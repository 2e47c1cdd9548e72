/**
 * What whoever hosts the app decided for everyone who uses it there: `policy` in `config.json` (model-config/README.md explains it
 * to the person who writes one). Read before anything else of the app starts; checked by hand, because it is read at every start,
 * where a schema library has no place.
 */
import { create } from 'zustand';
import { AppError } from '../errors/app-error.ts';

export interface SitePolicy {
  /** Chats not changed for longer are removed; null: never. */
  readonly retentionDays: number | null;
  /** Whether links that hold a transcript are made and opened. */
  readonly shareLinks: boolean;
  /** Whether anything can be saved to a file, printed or shared. */
  readonly exports: boolean;
  /** "Offline only" is on and stays on. */
  readonly offlineOnly: boolean;
  /** Every session is a private one. */
  readonly privateSession: boolean;
  /** Origins of servers that may be connected; null: any. */
  readonly allowedServers: readonly string[] | null;
  /** The screen locks after as many minutes without use; null: as the person wants. */
  readonly lockMinutes: number | null;
  /** Whoever hosts the app vouches that no page of anybody else is served from the same origin. */
  readonly ownOrigin: boolean;
}

export const NO_POLICY: SitePolicy = {
  retentionDays: null,
  shareLinks: true,
  exports: true,
  offlineOnly: false,
  privateSession: false,
  allowedServers: null,
  lockMinutes: null,
  ownOrigin: false,
};

/** zustand: read once, before the app starts. */
export const usePolicy = create<SitePolicy>(() => NO_POLICY);

/** Ten years: longer is no rule anyone keeps. */
const MOST_DAYS = 3650;
/** A day: the notice is asked again long before. */
const MOST_MINUTES = 1440;
/** More than a site runs. */
const MOST_SERVERS = 100;

const RULES: { readonly [Key in keyof SitePolicy]: (value: unknown) => SitePolicy[Key] | undefined } = {
  retentionDays: (value) => wholeNumber(value, MOST_DAYS),
  shareLinks: yesOrNo,
  exports: yesOrNo,
  offlineOnly: yesOrNo,
  privateSession: yesOrNo,
  allowedServers: origins,
  lockMinutes: (value) => wholeNumber(value, MOST_MINUTES),
  ownOrigin: yesOrNo,
};

const EXPECTED: Readonly<Record<keyof SitePolicy, string>> = {
  retentionDays: `a whole number from 1 to ${String(MOST_DAYS)}`,
  shareLinks: 'true or false',
  exports: 'true or false',
  offlineOnly: 'true or false',
  privateSession: 'true or false',
  allowedServers: `a list of at most ${String(MOST_SERVERS)} addresses like "https://llm.example.org"`,
  lockMinutes: `a whole number from 1 to ${String(MOST_MINUTES)}`,
  ownOrigin: 'true or false',
};

/**
 * @param config the parsed `config.json`.
 * @returns the policy in it, or none. @throws AppError `policy/broken`: a rule that can't be understood must not be run without.
 */
export function policyOf(config: unknown): SitePolicy {
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    throw broken('config.json is no object');
  // It also stands beside the rules, where catalogues of models name it.
  const offline = 'offlineOnly' in config && config.offlineOnly === true ? { offlineOnly: true } : {};
  if (!('policy' in config)) return { ...NO_POLICY, ...offline };
  const { policy } = config;
  if (typeof policy !== 'object' || policy === null || Array.isArray(policy))
    throw broken('policy is no object');
  const unknown = Object.keys(policy).find((key) => !Object.hasOwn(RULES, key));
  if (unknown !== undefined)
    throw broken(
      `policy.${unknown} is no rule this version knows; it knows ${Object.keys(RULES).join(', ')}`,
    );
  const read: Partial<Record<keyof SitePolicy, unknown>> = {};
  for (const [name, value] of Object.entries(policy) as [keyof SitePolicy, unknown][]) {
    const rule = RULES[name](value);
    if (rule === undefined) throw broken(`policy.${name} must be ${EXPECTED[name]}`);
    read[name] = rule;
  }
  return { ...NO_POLICY, ...(read as Partial<SitePolicy>), ...offline };
}

/** Whether a server may be connected. @param url its address. */
export function isServerAllowed(url: string, { allowedServers }: SitePolicy = usePolicy.getState()): boolean {
  if (allowedServers === null) return true;
  return URL.canParse(url) && allowedServers.includes(new URL(url).origin);
}

/** @throws AppError `policy/forbidden` */
export function requireAllowedServer(url: string): void {
  if (!isServerAllowed(url))
    throw new AppError('policy/forbidden', 'config.json: policy.allowedServers does not name this server', {
      host: URL.canParse(url) ? new URL(url).host : '',
    });
}

/** The last gate, whatever a screen offers. @throws AppError `policy/forbidden` */
export function requireExports(): void {
  if (!usePolicy.getState().exports)
    throw new AppError('policy/forbidden', 'config.json: policy.exports is false');
}

function broken(problem: string): AppError {
  return new AppError('policy/broken', problem, { problem });
}

function wholeNumber(value: unknown, most: number): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most
    ? value
    : undefined;
}

function yesOrNo(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

function origins(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length > MOST_SERVERS) return undefined;
  const urls = (value as unknown[]).map((each) =>
    typeof each === 'string' && URL.canParse(each) ? new URL(each) : null,
  );
  if (
    urls.some(
      (url) => url === null || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search !== '',
    )
  )
    return undefined;
  return urls.flatMap((url) => (url ? [url.origin] : []));
}
