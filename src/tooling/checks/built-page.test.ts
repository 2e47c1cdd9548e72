import { describe, expect, it } from 'vitest';
import { pagePolicy } from '../../app/security/security-headers.ts';
import { integrityOf } from '../build/build-plugins.ts';
import { hostProblems, integrityProblems, pageProblems } from './built-page.ts';

const page = (inside: string, policy = pagePolicy()): string =>
  `<html><head><meta http-equiv="Content-Security-Policy" content="${policy.replaceAll("'", '&#39;')}">
  <link rel="stylesheet" href="./a.css"><script type="module" src="./a.js"></script></head><body>${inside}</body></html>`;

describe('the built page', () => {
  it('may hold our scripts, pictures and links to elsewhere', () => {
    expect(pageProblems(page('<a href="https://huggingface.co/x">card</a><img src="./a.png">'))).toEqual([]);
  });

  it.each([
    ['<script>fetch("/x")</script>', 'an inline script'],
    ['<script src="./b.js">alert(1)</script>', 'an inline script'],
    ['<script src="https://cdn.example/x.js"></script>', 'not beside the page'],
    ['<link href="//fonts.example/x.css">', 'not beside the page'],
    ['<img src="/pixel.gif">', 'not beside the page'],
    ['<button onclick="go()">Go</button>', 'an inline event handler'],
    ['<a href="javascript:go()">Go</a>', 'not beside the page'],
  ])('is refused with %s', (planted, problem) => {
    expect(pageProblems(page(planted)).join()).toContain(problem);
  });

  it('is refused without a policy, or with one that lets scripts in', () => {
    expect(pageProblems('<html></html>').join()).toContain('no policy');
    const loose = pagePolicy().replace("script-src 'self'", "script-src 'self' 'unsafe-inline'");
    expect(pageProblems(page('', loose)).join()).toContain('allows too much');
  });
});

it('a linked file has its hash, and the right one', () => {
  const bytes = new TextEncoder().encode('run()');
  const html = `<script src="./a.js" integrity="${integrityOf(bytes)}"></script><link rel="icon" href="./i.svg">`;
  expect(integrityProblems(html, () => bytes)).toEqual([]);
  expect(integrityProblems(html, () => new Uint8Array(1))).toHaveLength(1);
  expect(integrityProblems('<link href="./a.css">', () => bytes)).toHaveLength(1);
});

describe('hosts in the built files', () => {
  it('have a reason each', () => {
    expect(hostProblems('a.js', 'fetch("https://huggingface.co/x")')).toEqual([]);
    expect(hostProblems('a.js', 'fetch("https://tracker.example/x")').join()).toContain('tracker.example');
    expect(hostProblems('a.js', 'new WebSocket("wss:\\/\\/tracker.example")').join()).toContain(
      'tracker.example',
    );
    // Beginning like a known one is not being it.
    expect(hostProblems('a.js', '"https://huggingface.co.example.org/"')).toHaveLength(1);
  });
});
