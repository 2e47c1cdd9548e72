import { existsSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { acceptNotice, ask, waitForModel } from './support/app.ts';

/**
 * The whole chat on web-llm and WebGPU, for real. It needs a compiled MLC library that fits the Demo model, which this project
 * can't ship: MLC_MODEL_LIB=/path/to/lib.wasm npm run e2e:mlc. With MEDITRON_GGUF=/path/to/meditron-7b.Q4_0.gguf (and the
 * library of Llama-2-7B) the same journey is run on Meditron-7B, as a maintainer with a GPU does before a release.
 */
const library = process.env.MLC_MODEL_LIB ?? '';
const meditron = process.env.MEDITRON_GGUF ?? '';
const QUESTIONS = ['What is this app?', 'How do I get Meditron-7B?', 'Does what I type leave my computer?'];

test.describe('@mlc', () => {
  test.skip(
    library === '',
    'MLC_MODEL_LIB names no compiled model library; see the README on running Meditron for real',
  );
  test.skip(Boolean(process.env.SOFTWARE_GPU_SKIP), process.env.SOFTWARE_GPU_SKIP ?? '');

  test('a converted model chats on web-llm as it does on llama.cpp', async ({ page }) => {
    expect(existsSync(library), `MLC_MODEL_LIB=${library}`).toBe(true);
    const name = meditron === '' ? 'Demo model' : 'Meditron-7B';
    await page.goto('/');
    await acceptNotice(page);
    await waitForModel(page);
    const onLlamaCpp: string[] = [];
    for (const question of meditron === '' ? QUESTIONS : []) {
      onLlamaCpp.push(await (await ask(page, question)).innerText());
    }

    await page.getByRole('link', { name: 'Models', exact: true }).click();
    const card = page.getByRole('article', { name, exact: true });
    if (meditron === '') await card.getByRole('button', { name: 'Convert', exact: true }).click();
    else await card.locator('input[type=file]').first().setInputFiles(meditron);
    const bringLibrary = card.getByLabel(`Model library for ${name}`);
    await expect(bringLibrary).toBeAttached({ timeout: 1_200_000 });
    await bringLibrary.setInputFiles(library);
    await card.getByRole('button', { name: 'Load', exact: true }).click();
    const status = page.getByRole('status', { name: 'Model status' });
    await expect(status).toContainText(/ready on the GPU/i, { timeout: 1_200_000 });

    await page.getByRole('link', { name: 'Chat', exact: true }).click();
    await page.getByRole('button', { name: 'New chat' }).click();
    for (const [index, question] of QUESTIONS.entries()) {
      const reply = await ask(page, question);
      const text = await reply.innerText();
      expect(text.length).toBeGreaterThan(20);
      if (meditron === '') expect(text).toBe(onLlamaCpp[index]);
    }
  });
});
