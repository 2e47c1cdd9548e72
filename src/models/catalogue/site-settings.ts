/** Carries out what a site's `config.json` decides beyond its models. */
import { setOfflineOnly } from '../../network/egress.ts';
import { applySiteDefaults } from '../../preferences/preferences.ts';
import type { SiteSettings } from './catalogue.ts';

/** That a site, not a person, switched it on: so that it ends with the site's wish. */
const IMPOSED_KEY = 'meditron-offline-imposed';

/**
 * @param tell as for `setOfflineOnly`.
 * @returns whether Offline only is on by the site's wish. Where it can't be asked for (no storage), nothing leaves anyway.
 */
export async function applySiteSettings(
  { offlineOnly, defaults }: SiteSettings,
  tell: Parameters<typeof setOfflineOnly>[1],
  rows: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> = localStorage,
): Promise<boolean> {
  applySiteDefaults(defaults);
  const imposed = rows.getItem(IMPOSED_KEY) !== null;
  if (offlineOnly) {
    await setOfflineOnly(true, tell);
    rows.setItem(IMPOSED_KEY, '1');
  } else if (imposed) {
    await setOfflineOnly(false, tell);
    rows.removeItem(IMPOSED_KEY);
  }
  return offlineOnly;
}

/** Before the site has been read again: what it wished when it last was. */
export function wasImposed(rows: Pick<Storage, 'getItem'> = localStorage): boolean {
  return rows.getItem(IMPOSED_KEY) !== null;
}
