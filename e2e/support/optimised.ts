import type { test } from '@playwright/test';

/** For tests that hash and pack hundreds of megabytes in WebAssembly: with both of V8's compilers (playwright.config.ts has one). */
export const bothCompilers: Parameters<typeof test.use>[0] = {
  launchOptions: [
    // Playwright reads from this pattern which fixtures are wanted: none.
    // oxlint-disable-next-line no-empty-pattern
    async ({}, use, { project }) => {
      const { args = [], ...rest } = project.use.launchOptions ?? {};
      await use({ ...rest, args: args.filter((arg) => !arg.includes('liftoff')) });
    },
    { scope: 'worker' },
  ],
};
