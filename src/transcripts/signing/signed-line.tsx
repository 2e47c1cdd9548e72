import type { Signed } from '../../formats/signature/signature.ts';
import { isolated } from '../../ui/bidi.tsx';

/** Who signed a file and whether it fits. */
export function SignedLine({ signed }: { readonly signed: Signed }) {
  const { name, fingerprint, fits } = signed;
  if (fits === null)
    return <p className="text-ink-muted">It is signed, which this browser can’t check here.</p>;
  return (
    <p className={fits ? 'text-ok' : 'border-l-3 border-warn bg-warn-soft px-3 py-2 font-semibold'}>
      Signed by {name === '' ? 'somebody without a name' : <bdi>{isolated(`“${name}”`)}</bdi>}, key{' '}
      <span className="font-mono">{fingerprint}</span>:{' '}
      {fits ? 'fits.' : 'does not fit. It was changed since, or the signature is not of this file.'}{' '}
      {fits && (
        <span className="text-ink-muted">
          Anyone can call themselves so: compare the key with the one they told you.
        </span>
      )}
    </p>
  );
}
