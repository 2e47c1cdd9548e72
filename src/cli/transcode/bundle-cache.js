/** Which bundles of `launch.js` stay: each edit makes another one, of 1.4 MB. */
import { readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

/** The newest so many stay: a branch that is gone back to finds its own. */
const KEPT = 4;
/** One that was used since then stays: what it runs may start its threads yet. */
const GRACE_MS = 60 * 60 * 1000;
const BUNDLE = /^[0-9a-f]{32}$/;
/** Of a start that was killed: one half made, one half removed. */
const LEFT_OVER = /^(?:new|old)-/;

/** @param {string} bundle a folder that is about to be run */
export function noteUse(bundle) {
  const now = new Date();
  utimesSync(bundle, now, now);
}

/**
 * Removes the bundles nobody used lately.
 * @param {string} cache
 * @param {number} [now] milliseconds since the epoch
 */
export function tidyBundles(cache, now = Date.now()) {
  const old = readdirSync(cache)
    .map((name) => ({ name, usedAt: statSync(join(cache, name)).mtimeMs }))
    .filter(({ usedAt }) => now - usedAt > GRACE_MS);
  const bundles = readdirSync(cache).filter((name) => BUNDLE.test(name));
  const unused = old.filter(({ name }) => BUNDLE.test(name)).sort((a, b) => a.usedAt - b.usedAt);
  for (const { name } of unused.slice(0, Math.max(0, bundles.length - KEPT))) {
    // Never half there under its own name.
    renameSync(join(cache, name), join(cache, `old-${name}`));
    rmSync(join(cache, `old-${name}`), { recursive: true, force: true });
  }
  for (const { name } of old.filter((each) => LEFT_OVER.test(each.name)))
    rmSync(join(cache, name), { recursive: true, force: true });
}
