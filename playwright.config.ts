import { defineConfig, type PlaywrightTestConfig } from '@playwright/test';
import { ensureBrowser } from './e2e/setup/browser.ts';
import { ensureHeadlessShell } from './e2e/setup/headless-shell.ts';
import { ensureSoftwareGpu, SHADER_CACHE } from './e2e/setup/software-gpu.ts';

/**
 * `cpu`: without a GPU, in the browser's headless shell. `browser` (@browser): what needs the whole browser, such as its history or
 * its opinion of the app as one to install. `gpu` (tests tagged @gpu): a software WebGPU adapter with shader-f16.
 * `mlc` (@mlc): the whole chat on web-llm, which needs a compiled model library. `screenshots` (@screenshots): the README's pictures.
 */
const port = Number(process.env.E2E_PORT ?? 4180);
/** A maintainer's run: the machine's own browser and adapter, in a window, since a headless one may find no GPU. */
const real = process.env.REAL_GPU !== undefined;
const gpu = real ? { path: ensureBrowser() } : ensureSoftwareGpu();
// Read by the @gpu and @mlc tests, which skip themselves with this reason.
if ('skip' in gpu) process.env.SOFTWARE_GPU_SKIP = gpu.skip;
const browser = ensureBrowser();
const shell = ensureHeadlessShell();

const quiet = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/**
 * V8's first compiler only: the second takes four times the work of the replies it would speed up, in every test anew.
 * The code means the same; speed is measured in `npm run bench`.
 */
const liftoff = '--js-flags=--liftoff-only';
/**
 * The whole browser's address bar is a page itself, made anew for every window: as much work as a tab of the app. Of several such
 * flags the last counts, so that Playwright's own list stands before.
 */
const withoutPopup = `--disable-features=${[
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  'LensOverlay',
  'MediaRouter',
  'PaintHolding',
  'ThirdPartyStoragePartitioning',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'AimEnabled',
  'PreconnectToSearch',
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'WebUIOmniboxFullPopup',
  'PreloadTopChromeWebUI',
].join(',')}`;
const gpuUse = {
  launchOptions: {
    executablePath: 'path' in gpu ? gpu.path : browser,
    args: [...quiet, ...(real ? [] : [liftoff]), '--enable-unsafe-webgpu'],
    ...(real && { headless: false }),
    env: { ...process.env, MESA_SHADER_CACHE_DIR: SHADER_CACHE } as Record<string, string>,
  },
};
const others = /@browser|@gpu|@mlc|@screenshots|@faults|@lighthouse/;

export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.spec.ts',
  outputDir: process.env.E2E_OUTPUT ?? 'test-results',
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  // Once more: a machine can be busier than a test foresaw. What passes only then is printed as flaky, and mended next.
  retries: process.env.E2E_RETRIES === undefined ? 1 : Number(process.env.E2E_RETRIES),
  workers: 2,
  // What is waited for has limits of its own; this one is for a test that hangs, on a machine that may be busy.
  timeout: 240_000,
  expect: { timeout: 20_000 },
  reporter: process.env.E2E_JSON ? [['list'], ['json', { outputFile: process.env.E2E_JSON }]] : [['list']],
  use: {
    baseURL: `http://localhost:${port}/`,
    launchOptions: { executablePath: browser, args: quiet },
    // Tests watch the network themselves; a service worker would hide requests from them. Its own tests allow it.
    serviceWorkers: 'block',
    screenshot: 'only-on-failure',
    // Recording every test takes more than half as long again; to look into one: `npx playwright test --trace on …`.
    trace: 'off',
  },
  projects: [
    {
      name: 'cpu',
      grepInvert: others,
      // No GPU, so no GPU process that draws in software what the page draws as well.
      use: { launchOptions: { executablePath: shell.path, args: [...quiet, liftoff, '--disable-gpu'] } },
    },
    {
      name: 'browser',
      grep: /@browser/,
      use: {
        launchOptions: { executablePath: browser, args: [...quiet, liftoff, withoutPopup, '--disable-gpu'] },
      },
    },
    { name: 'gpu', grep: /@gpu/, grepInvert: /@mlc|@screenshots/, use: gpuUse, timeout: 300_000 },
    { name: 'mlc', grep: /@mlc/, use: gpuUse, timeout: 1_800_000, workers: 1 },
    { name: 'screenshots', grep: /@screenshots/ },
    {
      name: 'faults',
      grep: /@faults/,
      workers: 1,
      // Chromium gives up for good after a few crashes of its GPU process; a hundred rounds hold more.
      use: {
        launchOptions: { executablePath: browser, args: [...quiet, '--disable-gpu-process-crash-limit'] },
      },
    },
    { name: 'lighthouse', grep: /@lighthouse/, timeout: 600_000, workers: 1 },
  ],
  webServer: {
    command: 'npx tsx e2e/support/serve-dist.ts',
    port,
    reuseExistingServer: !process.env.CI,
    timeout: 240_000,
  },
} satisfies PlaywrightTestConfig);
