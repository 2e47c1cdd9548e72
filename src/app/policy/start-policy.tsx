/** The site's rules stand between the page and the app: without them the app does not start. */
import type { ComponentType } from 'react';
import { toAppError, type AppError } from '../../errors/app-error.ts';
import { everyRealm } from '../../network/egress-gate.ts';
import { usePolicy } from '../../preferences/site-policy.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { imposeOffline } from './impose-offline.ts';
import { readPolicy } from './read-policy.ts';

/** A host that does not answer within this is out of reach. */
const PATIENCE_MS = 15_000;

interface Module {
  readonly default: ComponentType;
}

/** @returns the app, or what is shown in its place. Never rejects. */
export async function underPolicy(app: Module): Promise<Module> {
  try {
    const policy = await readPolicy(new URL('config.json', document.baseURI).href, {
      fetch: (url, init) => fetch(url, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) }),
      storage: () => localStorage,
    });
    usePolicy.setState(policy, true);
    // Before anything of the app could ask another host. Where it can't be kept, the gate lets nothing leave (egress.ts).
    await imposed(policy.offlineOnly).catch(() => undefined);
    return app;
  } catch (thrown) {
    const error = toAppError(thrown, 'policy/unreachable');
    return { default: () => <NotStarted error={error} /> };
  }
}

async function imposed(offlineOnly: boolean): Promise<void> {
  await imposeOffline(offlineOnly, everyRealm, localStorage);
}

function NotStarted({ error }: { readonly error: AppError }) {
  const { problem } = error.details;
  return (
    <main className="mx-auto w-full max-w-measure px-5 py-10">
      <h1 className="mb-4 font-serif text-xl font-semibold">Meditron Web does not start here</h1>
      <ErrorAlert error={error}>
        {typeof problem === 'string' && (
          <p className="font-mono text-xs [overflow-wrap:anywhere]">{problem}</p>
        )}
        <Button
          size="small"
          onClick={() => {
            location.reload();
          }}
        >
          Try again
        </Button>
      </ErrorAlert>
    </main>
  );
}
