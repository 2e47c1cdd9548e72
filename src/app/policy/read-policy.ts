/** Reads the site's policy before the app starts. */
import { AppError, toAppError } from '../../errors/app-error.ts';
import { NO_POLICY, policyOf, type SitePolicy } from '../../preferences/site-policy.ts';

/** What the site said last, for when it can't be reached: being offline is no way round its rules. */
const KEY = 'meditron-policy';
/** A page or two; a longer answer is no such file. The same limit as the catalogue's. */
const MAX_CHARACTERS = 1 << 20;

export interface PolicySurroundings {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly storage: () => Pick<Storage, 'getItem' | 'setItem'>;
}

/**
 * @param url of `config.json`, absolute.
 * @throws AppError `policy/broken` when what the site says can't be understood, `policy/unreachable` when nothing is known of it.
 */
export async function readPolicy(url: string, around: PolicySurroundings): Promise<SitePolicy> {
  const text = await fetchText(url, around).catch((thrown: unknown) => {
    const kept = read(around);
    if (kept === null) throw thrown;
    return kept;
  });
  // Where there is no such file, nobody made rules.
  const policy = text === '' ? NO_POLICY : policyOf(parsed(text));
  // As a site would write it: a rule nobody made is null in a policy, and no rule in a file.
  const rules = Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== null));
  keep(around, JSON.stringify({ policy: rules }));
  return policy;
}

/** @returns '' where the site has no such file. */
async function fetchText(url: string, { fetch }: PolicySurroundings): Promise<string> {
  let response: Response;
  try {
    response = await fetch(url, { cache: 'no-cache', credentials: 'same-origin' });
  } catch (thrown) {
    throw new AppError('policy/unreachable', toAppError(thrown).message, {}, { cause: thrown });
  }
  // Hosts that answer every unknown address with index.html, or with "forbidden", mean "not there" as well.
  if (
    [403, 404, 410].includes(response.status) ||
    response.headers.get('content-type')?.includes('text/html')
  )
    return '';
  if (!response.ok)
    throw new AppError('policy/unreachable', `The server answered ${String(response.status)}`, {
      status: response.status,
    });
  const text = await response.text();
  if (text.length > MAX_CHARACTERS)
    throw new AppError('policy/broken', `config.json has more than ${String(MAX_CHARACTERS)} characters`);
  return text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new AppError(
      'policy/broken',
      `config.json is not JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      { problem: 'config.json is not JSON' },
      { cause: thrown },
    );
  }
}

function read({ storage }: PolicySurroundings): string | null {
  try {
    return storage().getItem(KEY);
  } catch {
    // Forbidden: nothing is known then.
    return null;
  }
}

function keep({ storage }: PolicySurroundings, text: string): void {
  try {
    storage().setItem(KEY, text);
  } catch {
    // Forbidden or full: the next start asks the site again, and does without it no more than this one.
  }
}
