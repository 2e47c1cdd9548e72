import { expect, test } from '@playwright/test';
import { acceptNotice, ask, waitForModel } from './support/app.ts';

test('a whole session talks to this origin only', async ({ page, context, baseURL }) => {
  const foreign: string[] = [];
  const origin = new URL(baseURL ?? '').origin;
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && !['blob:', 'data:'].includes(url.protocol)) foreign.push(request.url());
  });
  await page.goto('/');
  await acceptNotice(page);
  await waitForModel(page);
  await ask(page, 'What is Meditron Web?');
  for (const screen of ['Models', 'Settings', 'About', 'Chat']) {
    await page.getByRole('link', { name: screen, exact: true }).first().click();
    await expect(page.getByRole('main')).toBeVisible();
  }
  expect(foreign).toEqual([]);
});

test('the policy allows no eval and no inline script, in the page and in the headers', async ({
  page,
  request,
}) => {
  const header = (await request.get('/')).headers()['content-security-policy'] ?? '';
  await page.goto('/');
  const meta =
    (await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content')) ?? '';
  for (const policy of [header, meta]) {
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("'unsafe-eval'");
    const script = policy.split(';').find((part) => part.trim().startsWith('script-src')) ?? '';
    expect(script.trim()).toBe("script-src 'self' 'wasm-unsafe-eval'");
  }
  expect(meta).toContain("require-trusted-types-for 'script'");
});

test('an inline script and a request to another host are both refused by the page', async ({ page }) => {
  await page.goto('/');
  const outcome = await page.evaluate(async () => {
    const violations: string[] = [];
    document.addEventListener('securitypolicyviolation', (event) =>
      violations.push(event.effectiveDirective),
    );
    const script = document.createElement('script');
    try {
      script.textContent = 'window.planted = true';
      document.body.append(script);
    } catch {
      violations.push('trusted-types');
    }
    // The app's own gate refuses a fetch that gives no reason; an image, which no script can hold back, meets the policy.
    const reported = new Promise<void>((done) => {
      document.addEventListener('securitypolicyviolation', (event) => {
        if (event.effectiveDirective === 'img-src') done();
      });
    });
    const fetched = await fetch('https://example.org/').then(
      () => 'reached',
      () => 'refused',
    );
    // The ways out that are no fetch: refused for other hosts, or gone.
    const others: string[] = [];
    try {
      navigator.sendBeacon('https://example.org/', 'words');
      others.push('sendBeacon');
    } catch {
      // As it should be.
    }
    try {
      new XMLHttpRequest().open('GET', 'https://example.org/');
      others.push('XMLHttpRequest');
    } catch {
      // As it should be.
    }
    const gone = ['WebSocket', 'EventSource', 'WebTransport', 'RTCPeerConnection'];
    others.push(...gone.filter((name) => name in window));
    new Image().src = 'https://example.org/pixel.png';
    await reported;
    return { violations, fetched, others, planted: 'planted' in window };
  });
  expect(outcome.planted).toBe(false);
  expect(outcome.others).toEqual([]);
  expect(outcome.fetched).toBe('refused');
  expect(outcome.violations).toContain('img-src');
});
