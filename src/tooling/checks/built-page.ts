/**
 * What the built app may not hold, part of `npm run check`: a script in the page itself, an address in the page that leads off
 * this origin, a policy that allows either, or the name of a host that nobody has given a reason for. The policy stops such a
 * request in the browser, and `e2e/egress.spec.ts` watches; here it is noticed before it is shipped.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { modelServers } from '../../app/security/security-headers.ts';
import { buildIfNeeded, ROOT } from '../build/build.ts';
import { integrityOf } from '../build/build-plugins.ts';

/** Every host named anywhere in the built files, and what for. */
const HOSTS: Readonly<Record<string, string>> = {
  'huggingface.co': 'the hub: fetched from when a person asks for a model; links to model cards',
  '*.huggingface.co': 'where the hub redirects',
  '*.hf.co': 'where the hub redirects',
  'raw.githubusercontent.com': 'the compiled model libraries of web-llm',
  '127.0.0.1': 'a model server on this machine, in the policy; example addresses',
  'llm.example.org': 'an example of an address, where one is to be typed',
  'cdn.jsdelivr.net': 'a default of wllama, never used: its files are passed from this origin',
  'library.invalid': 'a name that cannot exist, under which an imported library is cached',
  'ai.meta.com': 'link to the licence of Llama 2',
  'github.com': 'links in messages of libraries',
  'www.npmjs.com': 'links in messages of libraries',
  'react.dev': 'links in messages of libraries',
  'bit.ly': 'links in messages of Dexie and Workbox',
  'tinyurl.com': 'links in messages of Dexie',
  'webgpureport.org': 'link in a message of web-llm',
  'tailwindcss.com': 'comment in the style sheet',
  'json-schema.org': 'names of schema dialects',
  'www.w3.org': 'names of XML namespaces',
  'www.llama.com': 'the licence of a model, linked from its card',
  'www.apache.org': 'the text of the Apache License',
};

/** Servers that whoever builds the app has named. */
const NAMED = new Set(modelServers(process.env.MODEL_SERVERS).map((origin) => new URL(origin).hostname));

const TEXTS = new Set(['.html', '.js', '.css', '.svg', '.webmanifest']);
/** Slashes may be escaped in a string. */
const ADDRESS = /(?:https?|wss?):(?:\\?\/){2}((?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+)/gi;

/** @returns one line for each host in `text` that has no reason. */
export function hostProblems(name: string, text: string): readonly string[] {
  const hosts = new Set([...text.matchAll(ADDRESS)].map(([, host = '']) => host.toLowerCase()));
  return [...hosts]
    .filter((host) => !(host in HOSTS) && !NAMED.has(host))
    .map(
      (host) =>
        `${name} names ${host}: give it a reason in src/tooling/checks/built-page.ts, or do without it`,
    );
}

/** @param html the built index.html. @returns one line for each thing in it that can run or fetch what is not ours. */
export function pageProblems(html: string): readonly string[] {
  const problems: string[] = [];
  for (const [tag, attributes = '', body = ''] of html.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script/gi)) {
    if (!/\ssrc=/i.test(attributes) || body.trim() !== '') problems.push(`an inline script: ${brief(tag)}`);
  }
  for (const [tag] of html.matchAll(/<[a-z][^>]*\son[a-z]+\s*=[^>]*>/gi))
    problems.push(`an inline event handler: ${brief(tag)}`);
  for (const [tag, name = '', address = ''] of html.matchAll(
    /<([a-z]+)\b[^>]*\s(?:src|href|action|data)=["']?([^"'\s>]*)/gi,
  )) {
    // A link is followed by a person, everything else by the browser.
    if (
      name.toLowerCase() === 'a' ? /^\s*javascript:/i.test(address) : !/^(\.\/|#|data:image\/)/.test(address)
    )
      problems.push(`an address that is not beside the page: ${brief(tag)}`);
  }
  const policy = /<meta http-equiv="Content-Security-Policy" content="([^"]*)"/i
    .exec(html)?.[1]
    ?.replaceAll('&#39;', "'");
  const scripts = policy?.split(';').find((each) => /^\s*script-src\s/.test(each));
  if (!scripts) problems.push('no policy for scripts');
  else if (/'unsafe-(inline|eval)'|https?:|\*/.test(scripts))
    problems.push(`the policy allows too much: ${scripts}`);
  return problems.map((each) => `index.html holds ${each}`);
}

/** @param read the bytes of a file beside the page. @returns one line for each linked script or style that may be changed unseen. */
export function integrityProblems(html: string, read: (file: string) => Uint8Array): readonly string[] {
  return [...html.matchAll(/<(?:script|link)\b[^>]*\s(?:src|href)="([^"]+\.(?:js|css))"[^>]*>/g)]
    .filter(([tag, file = '']) => !tag.includes(`integrity="${integrityOf(read(file))}"`))
    .map(([tag]) => `index.html links a file without its hash: ${brief(tag)}`);
}

function brief(tag: string): string {
  return tag.replaceAll(/\s+/g, ' ').slice(0, 120);
}

if (process.argv[1] === import.meta.filename) {
  if (!process.env.E2E_DIST) await buildIfNeeded();
  const dist = process.env.E2E_DIST ?? join(ROOT, 'dist');
  const problems = readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .filter((name) => TEXTS.has(extname(name)))
    .flatMap((name) => {
      const text = readFileSync(join(dist, name), 'utf8');
      const page =
        name === 'index.html'
          ? [...pageProblems(text), ...integrityProblems(text, (file) => readFileSync(join(dist, file)))]
          : [];
      return [...hostProblems(name, text), ...page];
    });
  for (const problem of problems) console.log(problem);
  if (problems.length > 0) process.exitCode = 1;
}
