import { useEffect, useState } from 'react';
import { isOfflineOnly, setOfflineOnly, type EgressReason } from '../../network/egress.ts';
import { everyRealm } from '../../network/egress-gate.ts';
import { useEgress, type EgressLine } from '../../network/egress-log.ts';
import { serverTitle } from '../../engine/tab/server-title.ts';
import { useWordsGoTo } from '../../engine/tab/where-words-go.ts';
import { toAppError, type AppError } from '../../errors/app-error.ts';
import { usePolicy } from '../../preferences/site-policy.ts';
import { formatBytes, formatCount } from '../../lib/format.ts';
import { Checkbox } from '../../ui/field.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { SettingsSection } from './section.tsx';

const REASONS: Record<EgressReason, string> = {
  app: 'The app itself: pages, fonts, engines',
  'site-model': 'Model files that come with this site',
  'site-list': 'This site’s own list of models',
  weights: 'Weights of a model you asked for',
  checksums: 'The published checksums of those weights',
  library: 'The compiled library a model runs with',
  server: 'What you ask a model on a server, and its replies',
  unexplained: 'No reason given',
};

/** Every host this tab heard of, why, and the switch that leaves only one. */
export function NetworkSettings() {
  const offlineOnly = useEgress((state) => state.offlineOnly);
  const imposed = usePolicy((policy) => policy.offlineOnly);
  const server = useWordsGoTo();
  const lines = useEgress((state) => state.lines);
  const [error, setError] = useState<AppError | null>(null);
  useEffect(() => {
    isOfflineOnly().then(
      (on) => {
        useEgress.setState({ offlineOnly: on });
      },
      (thrown: unknown) => {
        setError(toAppError(thrown));
      },
    );
  }, []);
  return (
    <SettingsSection
      id="network"
      title="Network"
      lead={
        server
          ? `What you ask goes to the server ${serverTitle(server)}, and its replies come from there. The app talks to other hosts only to fetch a model you asked for.`
          : 'What you write and what the model answers is never sent anywhere, unless you connect a server. The app talks to another host only to fetch a model you asked for.'
      }
    >
      {error && (
        <ErrorAlert
          error={error}
          onDismiss={() => {
            setError(null);
          }}
        />
      )}
      <Checkbox
        label="Offline only"
        hint={`${imposed ? 'Set by your site. ' : ''}Refuses every request to any other host, in every tab, and ends those under way. Models on this machine, imported files and chats work as before; models can’t be fetched and servers not asked until it is off.`}
        checked={offlineOnly === true || imposed}
        disabled={imposed}
        onChange={(on) => {
          setError(null);
          setOfflineOnly(on, everyRealm).catch((thrown: unknown) => {
            setError(toAppError(thrown));
          });
        }}
      />
      <Requests lines={[...lines.values()]} />
    </SettingsSection>
  );
}

function Requests({ lines }: { readonly lines: readonly EgressLine[] }) {
  const own = lines.filter(({ origin }) => origin === location.origin);
  const foreign = lines.filter(({ origin }) => origin !== location.origin);
  const hosts = new Set(foreign.filter(({ requests }) => requests > 0).map(({ origin }) => origin));
  return (
    <section aria-labelledby="requests-made" className="grid gap-2">
      <h3 id="requests-made" className="text-sm font-medium">
        Requests made
      </h3>
      <p role="status" className="text-sm">
        {hosts.size === 0
          ? 'Since this tab was opened, no host but this site’s own was contacted.'
          : `Since this tab was opened, ${formatCount(hosts.size)} other ${hosts.size === 1 ? 'host was' : 'hosts were'} contacted.`}
      </p>
      <div className="overflow-x-auto">
        <table aria-labelledby="requests-made" className="w-full border-t border-line text-sm">
          <thead className="sr-only sm:not-sr-only sm:table-header-group">
            <tr className="side-head text-left">
              <th scope="col" className="py-1 pr-4 font-[inherit]">
                Host and reason
              </th>
              <th scope="col" className="py-1 pr-4 text-right font-[inherit]">
                Requests
              </th>
              <th scope="col" className="py-1 pr-4 text-right font-[inherit]">
                Bytes
              </th>
              <th scope="col" className="py-1 text-right font-[inherit]">
                Last
              </th>
            </tr>
          </thead>
          <tbody>
            {[...foreign, ...own].map((line) => (
              <Row key={`${line.origin} ${line.reason}`} line={line} />
            ))}
          </tbody>
        </table>
      </div>
      <p className="text-xs text-ink-muted">
        Counted in the page, its workers and its service worker, of every tab of this app. Bytes are those
        that answers announce; what came from this machine’s own copy counts too.
      </p>
    </section>
  );
}

function Row({ line }: { readonly line: EgressLine }) {
  const { origin, reason, requests, refused, bytes, lastAt } = line;
  return (
    <tr className="border-t border-line align-baseline">
      <th scope="row" className="py-2 pr-4 text-left font-normal">
        <span className="block font-medium [overflow-wrap:anywhere]">
          {new URL(origin).host}
          {origin === location.origin && <span className="font-normal text-ink-muted"> (this site)</span>}
        </span>
        <span className="block text-xs text-ink-muted">{REASONS[reason]}</span>
      </th>
      <td className="tabular py-2 pr-4 text-right whitespace-nowrap">
        {formatCount(requests)}
        {refused > 0 && <span className="block text-xs text-warn">{formatCount(refused)} refused</span>}
      </td>
      <td className="tabular py-2 pr-4 text-right whitespace-nowrap">
        {bytes > 0 ? formatBytes(bytes) : '–'}
      </td>
      <td className="tabular py-2 text-right whitespace-nowrap text-ink-muted">
        {new Date(lastAt).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })}
      </td>
    </tr>
  );
}
