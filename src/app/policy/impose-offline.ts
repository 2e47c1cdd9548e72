/** "Offline only" as a site's rule: it comes and goes with the rule, and a person's own choice stays a person's. */
import { isOfflineOnly, setOfflineOnly } from '../../network/egress.ts';

/** That the site, not a person, switched it on. */
const IMPOSED_KEY = 'meditron-offline-imposed';

/** @param tell as for `setOfflineOnly`. @throws AppError `storage/*`, DOMException where storage is forbidden. */
export async function imposeOffline(
  wanted: boolean,
  tell: Parameters<typeof setOfflineOnly>[1],
  rows: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>,
): Promise<void> {
  if (wanted) {
    const before = await isOfflineOnly();
    await setOfflineOnly(true, tell);
    // Who switched it on first may switch it off.
    if (!before) rows.setItem(IMPOSED_KEY, '1');
  } else if (rows.getItem(IMPOSED_KEY) !== null) {
    await setOfflineOnly(false, tell);
    rows.removeItem(IMPOSED_KEY);
  }
}
