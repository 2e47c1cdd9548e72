import { expect, it } from 'vitest';
import { installWay, type InstallSurroundings } from './install.ts';

const AGENTS = {
  chrome:
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  safari:
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
  iphone:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
};

it.each<[string, Partial<InstallSurroundings>, string]>([
  ['the browser offers its dialog', { userAgent: AGENTS.chrome, hasPrompt: true }, 'prompt'],
  [
    'the window is the app already',
    { userAgent: AGENTS.chrome, hasPrompt: true, standalone: true },
    'running-installed',
  ],
  ['it was installed a moment ago', { userAgent: AGENTS.chrome, installed: true }, 'installed'],
  ['Chrome offers nothing', { userAgent: AGENTS.chrome }, 'not-now'],
  ['an iPhone', { userAgent: AGENTS.iphone, maxTouchPoints: 5 }, 'ios'],
  ['an iPad that says it is a Mac', { userAgent: AGENTS.safari, maxTouchPoints: 5 }, 'ios'],
  ['Safari on a Mac', { userAgent: AGENTS.safari }, 'safari'],
  ['Firefox on a desk', { userAgent: AGENTS.firefox }, 'none'],
])('%s', (_, surroundings, way) => {
  const base = { userAgent: '', maxTouchPoints: 0, standalone: false, installed: false, hasPrompt: false };
  expect(installWay({ ...base, ...surroundings })).toBe(way);
});
