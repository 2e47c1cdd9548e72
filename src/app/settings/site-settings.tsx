import { usePolicy, type SitePolicy } from '../../preferences/site-policy.ts';
import { SettingsSection } from './section.tsx';

/** What whoever hosts the app decided, in words; nothing where they decided nothing. */
export function SiteSettings() {
  const rules = wordsOf(usePolicy());
  if (rules.length === 0) return null;
  return (
    <SettingsSection
      id="site"
      title="Set by your site"
      lead="Whoever hosts the app decided these for everyone who uses it here. They can’t be changed in this browser."
    >
      <ul aria-label="Set by your site" className="grid max-w-measure list-disc gap-1.5 pl-5 text-sm">
        {rules.map((rule) => (
          <li key={rule}>{rule}</li>
        ))}
      </ul>
    </SettingsSection>
  );
}

export function wordsOf(policy: SitePolicy): readonly string[] {
  const { retentionDays, shareLinks, exports, offlineOnly, privateSession, allowedServers, lockMinutes } =
    policy;
  return [
    retentionDays === null ? '' : `Chats not changed for ${days(retentionDays)} are removed.`,
    shareLinks ? '' : 'Links that hold a transcript are neither made nor opened.',
    exports ? '' : 'Nothing is saved to a file, printed or shared.',
    offlineOnly ? 'Offline only is on.' : '',
    privateSession ? 'Every session is a private one: nothing of it is written to the disk.' : '',
    allowedServers === null
      ? ''
      : allowedServers.length === 0
        ? 'No server can be connected.'
        : `Only these servers can be connected: ${allowedServers.join(', ')}.`,
    lockMinutes === null ? '' : `The screen locks after ${String(lockMinutes)} minutes without use.`,
  ].filter((words) => words !== '');
}

function days(count: number): string {
  return count === 1 ? 'a day' : `${String(count)} days`;
}
