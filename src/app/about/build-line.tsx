import { useEffect, useState } from 'react';

/** Which build this is: for a report, and for whoever holds a host's files against a build of their own. */
export function BuildLine() {
  const [hash, setHash] = useState('');
  useEffect(() => {
    let gone = false;
    void readHash().then((found) => {
      if (!gone) setHash(found);
    });
    return () => {
      gone = true;
    };
  }, []);
  const commit = __APP_COMMIT__;
  return (
    <p className="text-xs text-ink-muted [overflow-wrap:anywhere]">
      Meditron Web {__APP_VERSION__}
      {commit !== '' && (
        <>
          , commit <code className="font-mono">{commit.replace('+', '')}</code>
          {commit.endsWith('+') && ' with changes'}
        </>
      )}
      {hash !== '' && (
        <>
          , files <code className="font-mono">{hash}</code> (SHA-256, as “npm run reproduce” prints it)
        </>
      )}
    </p>
  );
}

/** @returns '' where the host has no such file or can't be reached: then there is nothing to show. */
async function readHash(): Promise<string> {
  try {
    const response = await fetch('build.json', { cache: 'no-cache', credentials: 'same-origin' });
    const record: unknown = response.ok ? await response.json() : null;
    const sha256 = typeof record === 'object' && record !== null && 'sha256' in record ? record.sha256 : '';
    return typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) ? sha256 : '';
  } catch {
    return '';
  }
}
