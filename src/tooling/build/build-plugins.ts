/** What the build adds to the page: its policy, and the files a host or an auditor wants beside it. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';
import type { Plugin } from 'vite';
import { pagePolicy, securityHeaders } from '../../app/security/security-headers.ts';
import { firstPaint } from './first-paint.tsx';

const ROOT = resolve(import.meta.dirname, '../../..');

/** Only the built page carries the policy: the dev server's hot reload needs inline scripts. */
export function policyInPage(): Plugin {
  return {
    name: 'content-security-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: pagePolicy() },
        injectTo: 'head-prepend',
      },
    ],
  };
}

const LINKED = /<(?:script|link)\b[^>]*?\s(?:src|href)="(\.\/assets\/[^"]+\.(?:js|css))"/g;

/**
 * Subresource integrity of what the page itself links: a file that a proxy or a host has changed is not run. What scripts import
 * later has its hash in its name only; an import map, which could say more, would be an inline script.
 */
export function integrityInPage(): Plugin {
  return {
    name: 'integrity-in-page',
    apply: 'build',
    // On the disk, where nobody changes a chunk any more; the offline copy's list of files is made after this.
    writeBundle({ dir }, bundle) {
      if (dir === undefined || !('index.html' in bundle)) return;
      const page = join(dir, 'index.html');
      const html = readFileSync(page, 'utf8').replaceAll(
        LINKED,
        (tag, file: string) => `${tag} integrity="${integrityOf(readFileSync(join(dir, file)))}"`,
      );
      writeFileSync(page, html);
    },
  };
}

/** @returns the value of an `integrity` attribute. */
export function integrityOf(bytes: Uint8Array): string {
  return `sha384-${createHash('sha384').update(bytes).digest('base64')}`;
}

/**
 * Writes the app's style sheet (11 kB compressed) into the page, so that the notice is on screen after one request. Style sheets of
 * parts that come later stay files.
 */
export function styleInPage(): Plugin {
  let style = '';
  return {
    name: 'style-in-page',
    apply: 'build',
    generateBundle: {
      // Before the page's links are written, and the lists of what each part of the app needs beside it.
      order: 'pre',
      handler(_options, bundle) {
        for (const chunk of Object.values(bundle)) {
          if (chunk.type !== 'chunk' || !chunk.isEntry) continue;
          for (const name of chunk.viteMetadata?.importedCss ?? []) {
            const file = bundle[name];
            if (file?.type !== 'asset') throw new Error(`${name} is not among what was built`);
            style += fromPage(file.source, name);
            Reflect.deleteProperty(bundle, name);
          }
          chunk.viteMetadata?.importedCss.clear();
        }
        if (style === '') throw new Error('the page has no style sheet');
      },
    },
    transformIndexHtml: {
      order: 'post',
      handler: () => [{ tag: 'style', children: style, injectTo: 'head' }],
    },
  };
}

/** @returns the style sheet `name` with its relative addresses as they are from the page, which lies above it. */
export function fromPage(source: string | Uint8Array, name: string): string {
  const text = typeof source === 'string' ? source : new TextDecoder().decode(source);
  return text.replaceAll(
    /url\((["']?)(?!data:|#|[a-z]+:\/\/|\/)([^"')]+)\1\)/g,
    (_all, _quote, address: string) => `url(./${posix.join(posix.dirname(name), address)})`,
  );
}

const FIRST_PAINT = '<!-- first paint -->';

/**
 * The notice, so that it can be read before a script has run, and answered before the app has come. In development too: it is the
 * only way in.
 */
export function noticeInPage(): Plugin {
  return {
    name: 'notice-in-page',
    transformIndexHtml(html) {
      if (!html.includes(FIRST_PAINT)) throw new Error(`index.html has no ${FIRST_PAINT}`);
      return html.replace(FIRST_PAINT, firstPaint());
    },
  };
}

/** `_headers` (Netlify, Cloudflare Pages), licences of what is shipped, and a CycloneDX bill of materials. */
export function hostingFiles(): Plugin {
  return {
    name: 'hosting-files',
    apply: 'build',
    generateBundle() {
      const headers = Object.entries(securityHeaders()).map(([name, value]) => `  ${name}: ${value}`);
      const emit = (fileName: string, source: string) => this.emitFile({ type: 'asset', fileName, source });
      emit('_headers', `/*\n${headers.join('\n')}\n`);
      emit('LICENSE.txt', readFileSync(join(ROOT, 'LICENSE'), 'utf8'));
      emit('THIRD_PARTY.md', readFileSync(join(ROOT, 'THIRD_PARTY.md'), 'utf8'));
      emit('sbom.cdx.json', billOfMaterials());
    },
  };
}

/** npm's own bill. */
function billOfMaterials(): string {
  const output = execFileSync(
    'npm',
    ['sbom', '--sbom-format=cyclonedx', '--omit=dev', '--package-lock-only'],
    {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      shell: process.platform === 'win32',
    },
  );
  return `${JSON.stringify(plainBill(JSON.parse(output) as Bill), null, 1)}\n`;
}

interface BillComponent {
  name: string;
  properties?: { name: string; value: string }[];
}
export interface Bill {
  serialNumber?: string;
  metadata: { timestamp?: string; tools: { version?: string }[]; component: BillComponent };
  components: BillComponent[];
}

/** Changes it: without what differs from run to run and from npm to npm, builds of one commit are equal byte for byte. */
export function plainBill(bill: Bill): Bill {
  delete bill.serialNumber;
  delete bill.metadata.timestamp;
  for (const tool of bill.metadata.tools) delete tool.version;
  // npm takes it from the folder's name.
  bill.metadata.component.name = 'meditron-web';
  // npm 10 says where each package lies, npm 11 does not.
  for (const each of [bill.metadata.component, ...bill.components])
    each.properties = each.properties?.filter(({ name }) => name !== 'cdx:npm:package:path') ?? [];
  return bill;
}
