/**
 * The words of a PDF as Chromium prints it, page by page: enough of ISO 32000 for a test, not a PDF reader. Chromium writes
 * no object streams, compresses with Flate, and gives every font a ToUnicode map.
 */
import { inflateSync } from 'node:zlib';

/** @returns one text per page; spaces between runs of glyphs are not kept. @throws Error when it is no such PDF. */
export function pdfPages(bytes: Buffer): readonly string[] {
  const objects = readObjects(bytes.toString('latin1'));
  const pages = [...objects.values()].filter(({ head }) => /\/Type\s*\/Page\b/.test(head));
  if (pages.length === 0) throw new Error('no page in this PDF');
  return pages.map(({ head }) => {
    const resources = follow(objects, /\/Resources\s+(\d+) 0 R/.exec(head)?.[1])?.head ?? head;
    const fonts = new Map(
      [...resources.matchAll(/\/(F\d+)\s+(\d+) 0 R/g)].map(([, name = '', id]) => [
        name,
        readFont(objects, id),
      ]),
    );
    const contents = /\/Contents\s+(?:\[([^\]]*)\]|(\d+) 0 R)/.exec(head);
    const ids = contents?.[2]
      ? [contents[2]]
      : [...(contents?.[1] ?? '').matchAll(/(\d+) 0 R/g)].map(([, id]) => id);
    return ids.map((id) => words(follow(objects, id)?.stream ?? '', fonts)).join('');
  });
}

interface PdfObject {
  readonly head: string;
  /** Inflated, one character a byte. */
  readonly stream: string | null;
}

function readObjects(text: string): Map<string, PdfObject> {
  const objects = new Map<string, PdfObject>();
  for (const match of text.matchAll(/(?:^|\n)(\d+) 0 obj\b/g)) {
    const start = match.index + match[0].length;
    const streamAt = text.indexOf('stream', start);
    const endAt = text.indexOf('endobj', start);
    if (streamAt < 0 || streamAt > endAt) {
      objects.set(match[1] ?? '', { head: text.slice(start, endAt), stream: null });
      continue;
    }
    const head = text.slice(start, streamAt);
    const length = Number(/\/Length\s+(\d+)/.exec(head)?.[1]);
    const from = text.indexOf('\n', streamAt) + 1;
    const body = Buffer.from(text.slice(from, from + length), 'latin1');
    const stream = head.includes('/FlateDecode') ? inflateSync(body) : body;
    objects.set(match[1] ?? '', { head, stream: stream.toString('latin1') });
  }
  return objects;
}

function follow(objects: ReadonlyMap<string, PdfObject>, id: string | undefined): PdfObject | undefined {
  return id === undefined ? undefined : objects.get(id);
}

interface PdfFont {
  /** Text by glyph number. */
  readonly glyphs: ReadonlyMap<number, string>;
  /** Hexadecimal digits of a glyph's number in a string: variable fonts become Type 3, which has one byte. */
  readonly digits: 2 | 4;
}

/** From the font's ToUnicode map. */
function readFont(objects: ReadonlyMap<string, PdfObject>, id: string | undefined): PdfFont {
  const font = follow(objects, id)?.head ?? '';
  const cmap = follow(objects, /\/ToUnicode\s+(\d+) 0 R/.exec(font)?.[1])?.stream ?? '';
  const glyphs = new Map<number, string>();
  for (const [, block = ''] of cmap.matchAll(/beginbfchar([\s\S]*?)endbfchar/g)) {
    for (const [, glyph = '', text = ''] of block.matchAll(/<([\dA-F]+)>\s*<([\dA-F]+)>/gi))
      glyphs.set(parseInt(glyph, 16), fromUtf16(text));
  }
  for (const [, block = ''] of cmap.matchAll(/beginbfrange([\s\S]*?)endbfrange/g)) {
    for (const [, from = '', to = '', text = ''] of block.matchAll(
      /<([\dA-F]+)>\s*<([\dA-F]+)>\s*<([\dA-F]+)>/gi,
    )) {
      const first = parseInt(from, 16);
      for (let glyph = first; glyph <= parseInt(to, 16); glyph += 1)
        glyphs.set(glyph, String.fromCodePoint((fromUtf16(text).codePointAt(0) ?? 0) + glyph - first));
    }
  }
  return { glyphs, digits: /\/Subtype\s*\/Type3\b/.test(font) ? 2 : 4 };
}

function fromUtf16(hex: string): string {
  return (hex.match(/.{4}/g) ?? []).map((unit) => String.fromCharCode(parseInt(unit, 16))).join('');
}

function words(content: string, fonts: ReadonlyMap<string, PdfFont>): string {
  let current: PdfFont | undefined;
  let text = '';
  for (const [, name, hex = ''] of content.matchAll(/\/(F\d+)\s+[\d.]+\s+Tf|<([\dA-Fa-f]+)>/g)) {
    if (name !== undefined) current = fonts.get(name);
    if (!current) continue;
    for (let at = 0; at < hex.length; at += current.digits)
      text += current.glyphs.get(parseInt(hex.slice(at, at + current.digits), 16)) ?? '';
  }
  // Ligatures come as one character.
  return text.normalize('NFKC');
}
