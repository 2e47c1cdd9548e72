import { afterEach, expect, test } from 'vitest';
import { NO_POLICY, usePolicy } from '../../preferences/site-policy.ts';
import { download } from './save-file.ts';

afterEach(() => {
  usePolicy.setState(NO_POLICY, true);
});

test('where the site forbids exports, no file leaves, whatever screen it comes from', () => {
  usePolicy.setState({ exports: false });
  expect(() => {
    download(new File(['x'], 'run.json'));
  }).toThrow(expect.objectContaining({ code: 'policy/forbidden' }));
});
