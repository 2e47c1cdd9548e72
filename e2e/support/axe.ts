import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

interface Extent {
  /** A selector; without one the whole page. */
  readonly within?: string;
  /** Only these rules of axe; without them all. */
  readonly rules?: readonly string[];
}

/** axe finds nothing. */
export async function expectAccessible(page: Page, { within, rules }: Extent = {}): Promise<void> {
  // On their way from one colour to another, letters have neither.
  await page.evaluate(async () => {
    const passing = document
      .getAnimations()
      .filter((each) => each.effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(passing.map(({ finished }) => finished));
  });
  // There are no frames, whose results axe would otherwise join in a page of its own; the policy forbids its scripts there, too.
  // Only what is wrong is described: naming every element that is right takes longer than looking at it.
  // Its half megabyte is read twice for every look; where it is in the page already, nothing need be.
  const there = await page.evaluate(() => 'axe' in window);
  const axe = new AxeBuilder({ page, ...(there && { axeSource: '0' }) })
    .setLegacyMode()
    .options({ resultTypes: ['violations'] });
  if (within !== undefined) axe.include(within);
  if (rules) axe.withRules([...rules]);
  const { violations } = await axe.analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual(
    [],
  );
}

/**
 * The same in light, then in dark: there only the colours are others (`theme.css` has no rule but `light-dark()` for it), so only
 * their contrast is looked at again.
 */
export async function expectAccessibleInBoth(page: Page, extent: Pick<Extent, 'within'> = {}): Promise<void> {
  await expectAccessible(page, extent);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await expectAccessible(page, { ...extent, rules: ['color-contrast'] });
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
}
