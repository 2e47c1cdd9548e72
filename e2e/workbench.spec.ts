/** The workbench: what the model will see, varied beside the chat. */
import { expect, test } from '@playwright/test';
import { acceptNotice, waitForModel } from './support/app.ts';
import { expectAccessible } from './support/axe.ts';
import { askAsShown, promptPanel as panel, promptText } from './support/workbench.ts';

test('the panel is the prompt: what it shows while one types is what is sent, token for token', async ({
  page,
}) => {
  await page.goto('/');
  await acceptNotice(page);
  await waitForModel(page);
  await page.keyboard.press('Shift+Escape');
  await page.getByRole('button', { name: 'What the model will see' }).click();
  await expect(panel(page).getByRole('group', { name: 'System text' })).toContainText(
    'Demo model of Meditron Web',
  );

  // An example of one's own, and another system text.
  await panel(page).getByRole('button', { name: 'Add an example' }).click();
  await panel(page).getByRole('textbox', { name: 'Question' }).fill('Is this a doctor?');
  await panel(page).getByRole('textbox', { name: 'Answer' }).fill('No.');
  await panel(page).getByRole('button', { name: 'Done' }).click();
  await expect(panel(page).getByRole('group', { name: 'Example 1' })).toContainText(
    /Is this a doctor\?.*\d+ tokens|\d+ tokens.*Is this a doctor\?/s,
  );

  await askAsShown(
    page,
    'What is this app?',
    '### User: Is this a doctor?\n### Assistant: No.\n### User: What is this app?\n### Assistant:',
  );

  // A turn left out is not in the next prompt, and comes back.
  await panel(page)
    .getByRole('group', { name: 'You' })
    .getByRole('button', { name: 'Leave out of the prompt' })
    .click();
  const out = panel(page).getByRole('region', { name: 'You left out one message' });
  await expect(out).toContainText('What is this app?');
  await expect.poll(() => promptText(page)).not.toContain('What is this app?');
  await out.getByRole('button', { name: 'Put back' }).click();
  await expect.poll(() => promptText(page)).toContain('What is this app?');

  // The keyboard alone: the edge between chat and panel moves.
  const edge = page.getByRole('separator', { name: 'Width of the panel' });
  const before = Number(await edge.getAttribute('aria-valuenow'));
  await edge.focus();
  await page.keyboard.press('ArrowLeft');
  await expect(edge).toHaveAttribute('aria-valuenow', String(before + 24));

  await test.step('its link, run again where it is opened, on a phone', async () => {
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Share link' }).click();
    const link = await page.getByRole('textbox', { name: 'Link' }).inputValue();
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(link);
    const again = page.getByRole('button', { name: 'Run again here' });
    await expect(again).toBeVisible();
    await page.keyboard.press('y');
    const whole = page.getByRole('dialog', { name: 'Replay of this chat' });
    await expect(whole.getByRole('status')).toHaveText('1 of 1 reply is the same.', { timeout: 60_000 });
    await expect(whole.getByRole('listitem')).toContainText('Written on CPU; here on CPU');
    await expectAccessible(page);
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      'pixels wider than the window',
    ).toBeLessThanOrEqual(0);
  });
});

test('a preset is followed, changed, saved as another, and set for every chat', async ({ page }) => {
  await page.goto('/');
  await acceptNotice(page);
  await page.getByRole('button', { name: 'Prompt and sampling' }).click();
  const preset = panel(page).getByRole('combobox', { name: 'Preset' });
  await preset.selectOption({ label: 'Exam tutor' });
  const system = panel(page).getByRole('textbox', { name: 'System text' });
  await expect(system).toHaveValue(/^You are a tutor/);
  await system.fill('You are a kind tutor.');
  await system.blur();
  await expect(panel(page).getByText('Differs from “Exam tutor”: system text')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Preset: Exam tutor, changed' })).toBeVisible();
  await panel(page).getByRole('button', { name: 'Preset actions' }).click();
  await page.getByRole('menuitem', { name: 'Save these settings as a preset' }).click();
  await panel(page).getByRole('textbox', { name: 'Preset’s name' }).fill('Kind tutor');
  await panel(page).getByRole('button', { name: 'Save preset' }).click();
  await expect(preset).toContainText('Kind tutor');
  await expect(page.getByRole('button', { name: 'Preset: Kind tutor', exact: true })).toBeVisible();
  await panel(page).getByRole('button', { name: 'Preset actions' }).click();
  await page.getByRole('menuitem', { name: 'Make it the default' }).click();
  await page.reload();
  await expect(page.getByRole('button', { name: 'Preset: Kind tutor', exact: true })).toBeVisible();
});

test('a raw completion is one text: gone on with from its end or the caret, edited anywhere, taken back, kept', async ({
  page,
}) => {
  await page.goto('/');
  await acceptNotice(page);
  await waitForModel(page);
  await page.getByRole('button', { name: 'Prompt and sampling' }).click();
  await panel(page)
    .getByRole('combobox', { name: 'Prompt format' })
    .selectOption({ label: 'Raw completion' });
  const text = page.getByRole('textbox', { name: 'Text', exact: true });
  await text.fill('### User: What is this app?\n### Assistant:');
  await page.keyboard.press('Control+Enter');
  const written = /^Marked is what the model wrote: ([1-9]\d*) of/;
  await expect(page.getByText(written)).toBeVisible({ timeout: 60_000 });
  // Unless it has ended by itself.
  await page.keyboard.press('Escape');
  const goOn = page.getByRole('button', { name: 'Continue', exact: true });
  await expect(goOn).toBeEnabled();
  const first = await text.inputValue();
  expect(first).toMatch(/^### User: What is this app\?\n### Assistant: ?\w/);
  await panel(page).getByRole('tab', { name: 'Prompt' }).click();
  await expect(panel(page).getByRole('group', { name: 'The text so far' }).locator('mark')).toHaveText(
    first.slice('### User: What is this app?\n### Assistant:'.length),
    { useInnerText: false },
  );

  // Another question in its place; what stands behind the caret is put aside.
  const question = first.indexOf('What is');
  await text.evaluate((box: HTMLTextAreaElement, at) => {
    box.focus();
    box.setSelectionRange(at, at + 'What is this app?'.length);
  }, question);
  await page.keyboard.type('Is it free?');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('End');
  const changed = await text.inputValue();
  expect(changed).toBe(first.replace('What is this app?', 'Is it free?'));
  await expect.poll(() => promptText(page)).toBe('');
  await expect(panel(page).getByRole('group', { name: 'The text so far' })).toContainText('Is it free?');
  await text.evaluate(
    (box: HTMLTextAreaElement, at) => {
      box.setSelectionRange(at, at);
    },
    changed.indexOf(':', changed.indexOf('Assistant')) + 1,
  );
  await page.getByRole('button', { name: 'From the caret' }).click();
  await expect
    .poll(
      async () => {
        const value = await text.inputValue();
        return value !== changed && /^### User: Is it free\?\n### Assistant:./s.test(value);
      },
      { timeout: 60_000 },
    )
    .toBe(true);
  await page.keyboard.press('Escape');
  await expect(goOn).toBeEnabled();
  const second = await text.inputValue();

  // Back to what it was with all that was put aside, over a reload; and forward again.
  await page.getByRole('button', { name: 'Undo the continuation' }).click();
  await expect(text).toHaveValue(changed);
  await text.press('End');
  await page.reload();
  await expect(text).toHaveValue(changed);
  await page.getByRole('button', { name: 'Redo the continuation' }).click();
  await expect(text).toHaveValue(second);
  await page.getByRole('button', { name: 'As messages' }).click();
  await expect(page.getByRole('article', { name: 'You' })).toContainText('Is it free?');
});
