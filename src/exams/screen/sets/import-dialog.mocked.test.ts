// @vitest-environment happy-dom
import { act, createElement } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ImportOutcome } from '../../items/import-set.ts';
import { ImportDialog } from './import-dialog.tsx';

const NOTHING_FOUND: ImportOutcome = { sets: [], unmapped: [], failed: [] };
vi.mock('../../items/import-in-worker.ts', () => ({ importInWorker: () => Promise.resolve(NOTHING_FOUND) }));

let root: Root;

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  root = createRoot(document.body.appendChild(document.createElement('div')));
});

afterEach(() => {
  act(() => {
    root.unmount();
  });
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

function box(): HTMLTextAreaElement | null {
  return document.querySelector('textarea');
}

async function press(name: string): Promise<void> {
  const button = [...document.querySelectorAll('button')].find(({ textContent }) => textContent === name);
  if (!button) throw new Error(`no button ${name}`);
  await act(async () => {
    button.click();
    await Promise.resolve();
  });
}

it('gives back what was pasted, to go on with, where nothing was found in it', async () => {
  act(() => {
    root.render(createElement(ImportDialog, { files: [], onClose: () => undefined }));
  });
  act(() => {
    const area = box();
    if (!area) return;
    // As a person types: past React, which keeps a setter of its own on the element.
    Reflect.set(HTMLTextAreaElement.prototype, 'value', 'Which bone is this?', area);
    area.dispatchEvent(new Event('input', { bubbles: true }));
  });
  await press('Read what was pasted');
  expect(box()).toBeNull();
  await press('Back to what was pasted');
  expect(box()?.value).toBe('Which bone is this?');
});
