// @vitest-environment happy-dom
import { createRoot } from 'react-dom/client';
import { expect, test, vi } from 'vitest';
import { fingerprintOf, makeSigningKey, sign } from '../../formats/signature/signature.ts';
import { toDocument } from '../export/export-json.ts';
import { pack } from '../format/embedding.ts';
import { chatSaying, sourceOf } from '../format/testing.ts';
import { useArrivedLink } from './arrived-link.ts';
import { SharedScreen } from './shared-screen.tsx';

test('a signed link says who signed it and whether that fits', async () => {
  const key = await makeSigningKey('Ward 3');
  const signed = await toDocument({
    ...sourceOf([chatSaying('A question', 'A reply')]),
    sign: (sha256) => sign(key, 'transcript', sha256),
  });
  const host = document.body.appendChild(document.createElement('div'));
  const root = createRoot(host);
  for (const [shared, said] of [
    [signed, 'fits.'],
    [{ ...signed, exportedAt: signed.exportedAt + 1 }, 'does not fit.'],
  ] as const) {
    useArrivedLink.setState({ data: await pack(shared) });
    root.render(<SharedScreen key={said} onKept={() => undefined} />);
    const line = `key ${await fingerprintOf(key.publicKey)}: ${said}`;
    await vi.waitFor(() => {
      expect(host.textContent).toContain(line);
    });
  }
  root.unmount();
});
