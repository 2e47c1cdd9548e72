import fc from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, test } from 'vitest';
import { HOSTILE_TEXTS } from '../../../e2e/support/hostile-texts.ts';
import type { TranscriptChat } from '../format/document.ts';
import { writeMarkdown } from './export-markdown.ts';
import { inert, inertLine } from './inert-markdown.ts';
import { readTranscriptText } from '../import/files/read-file.ts';
import { chatSaying, sourceOf, textOf } from '../format/testing.ts';

const CORNERS: readonly string[] = [
  '```js`\n<script>__ran(1)</script>',
  '- a\n\n  ```\n<script>__ran(1)</script>',
  '```js\r```\r<script>__ran(1)</script>',
  '```\nx\n```\u00a0\n<script>__ran(1)</script>\n```\n\n<script>__ran(1)</script>',
  '> ```\n<script>__ran(1)</script>',
  '    ```\n<script>__ran(1)</script>',
  '[a](\njavascript:__ran(1))',
  '[a](javascript&#58;__ran(1))',
  '[a](java\\script:__ran(1))',
  '[x]\n\n> [x]: javascript:__ran(1)',
  '[y]\n\n[y]:\njavascript:__ran(1)',
  '[z]: /x "<script>__ran(1)</script>"',
  '![x](https://evil.example/1.png)',
  '![x][y]',
  '[y]: https://evil.example/2.png',
  '![![![![![![![![x](/1)](/2)](/3)](/4)](/5)](/6)](/7)](/8)',
  'https://a.example/`<script>__ran(1)</script>`',
  'a\n:-\n`<b>|<script>__ran(1)</script>`',
  '[![x](https://evil.example/3.png)](https://evil.example)',
  '\\\\<script>__ran(1)</script>',
  '\ufeff<script>__ran(1)</script>',
  '| a ` | ` b |\n|--|--|\n| ` <script>__ran(1)</script> | `',
  '$$\n```\n$$\n<script>__ran(1)</script>',
  '<div\n\n`<script>__ran(1)</script>`\n\n<script>__ran(1)</script>',
  '<a title="`">`<script>__ran(1)</script>`',
];

/** What a program that passes everything through would show. */
function drawings(markdown: string): readonly string[] {
  const options = { allowDangerousHtml: true, allowDangerousProtocol: true };
  return [
    micromark(markdown, options),
    micromark(markdown, { ...options, extensions: [gfm()], htmlExtensions: [gfmHtml()] }),
  ];
}

/** The tags of what is drawn that a message may not bring about. */
function liveIn(html: string): readonly string[] {
  const tags = html.match(/<[a-z/!?][^>]*>/gi) ?? [];
  return tags.filter(
    (tag) =>
      !/^<\/?(?:p|h[1-6]|ul|ol|li|em|strong|del|code|pre|blockquote|hr|br|table|thead|tbody|tr|td|th|section|sup|a|input)\b/i.test(
        tag,
      ) ||
      /\son\w+\s*=/i.test(tag.replaceAll(/"[^"]*"/g, '""')) ||
      (/\shref=/i.test(tag) && !/\shref="(?:https?:\/\/|mailto:|#)/.test(tag)),
  );
}

/** With the texts in every field that is written, too. */
function chatOf(texts: readonly string[]): TranscriptChat {
  const { conversation, messages } = chatSaying(...texts);
  return {
    conversation: { ...conversation, title: texts.join('\n') },
    messages: messages.map((message) => ({
      ...message,
      provenance: message.provenance && {
        ...message.provenance,
        modelName: message.text,
        source: message.text,
      },
    })),
  };
}

describe('a Markdown export', () => {
  test.each([...HOSTILE_TEXTS, ...CORNERS])('has no life from %j', async (text) => {
    const written = await textOf(writeMarkdown(sourceOf([chatOf([text, 'after'])])));
    for (const html of drawings(written)) {
      expect(liveIn(html), html).toEqual([]);
      // Nothing swallowed the message that follows.
      expect(html).toContain('<p>after</p>');
    }
  });

  test('has no life from one message in another, and comes back as it is written there', async () => {
    const chat = chatOf([...HOSTILE_TEXTS, ...CORNERS]);
    const written = await textOf(writeMarkdown(sourceOf([chat])));
    for (const html of drawings(written)) {
      expect(liveIn(html)).toEqual([]);
      expect(html.match(/<h2>(You|Model)<\/h2>/g)).toHaveLength(chat.messages.length);
    }
    const read = await readTranscriptText(written);
    expect(read.integrity).toEqual({ state: 'consistent' });
    expect(read.chats[0]?.messages.map(({ text }) => text)).toEqual(
      chat.messages.map(({ text }) => inert(text)),
    );
  });

  test('has no life from any composition of Markdown', () => {
    const fragment = fc.constantFrom(
      ...['<script>', '</script>', '<a href="javascript:x">', '<!--', '-->', '<?', '<![CDATA[', '<x:y>'],
      ...[
        '![',
        '[',
        ']',
        '](',
        ']: ',
        '][',
        ')',
        'javascript:x',
        'javascript&#58;x',
        'https://h.example',
        'a@b.example',
        ':-',
      ],
      ...['```', '~~~', '````', '`', '``', '$$', '$', '\\', '\\\\', '|', '|--|--|', '> ', '- ', '1. '],
      ...[
        '\n',
        '\n\n',
        '\r',
        '    ',
        '\t',
        ' ',
        '\u00a0',
        '\ufeff',
        '\u0000',
        '&lt;',
        '"',
        "'",
        'a',
        '[^1]: ',
      ],
    );
    const text = fc.array(fragment, { maxLength: 24 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, text, (first, second) => {
        const written = `*f*\n\n${inert(first)}\n\n## You\n\n*f*\n\n${inert(second)}\n\n# ${inertLine(first)}\n\nlast`;
        for (const html of drawings(written)) {
          expect(liveIn(html), html).toEqual([]);
          expect(html).toContain('<h2>You</h2>');
          expect(html).toContain('<p>last</p>');
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('leaves what is not live as it was', () => {
    for (const text of [
      'a < b and [1], **bold**',
      '[a](https://a.example/?x=1&y=2) <https://b.example> <mailto:a@b.example>',
      '```html\n<script>x</script>\n```',
      '`<b>`',
    ])
      expect(inert(text)).toBe(text);
    expect(inert('a <b>c</b> ![d](https://e.example/f.png)')).toBe(
      'a &lt;b>c&lt;/b> !\\[d](https://e.example/f.png)',
    );
    expect(inert('![![![![![![![a](/1)](/2)](/3)](/4)](/5)](/6)](/7)')).not.toContain('~');
    expect(inert('~~~\n<b>')).toBe('~~~\n<b>\n~~~');
  });

  test('fences whole what would keep the parser busy for long', () => {
    const text = `${'['.repeat(20_000)}\n~~~~\n<script>x</script>`;
    const html = micromark(inert(text), { allowDangerousHtml: true });
    expect(liveIn(html)).toEqual([]);
    expect(inert(text).startsWith('~~~~~\n[')).toBe(true);
  });

  test('fences a text with more runs of the fence than one call takes arguments', () => {
    expect(inert(`<b>${'~ '.repeat(1_000_000)}`)).toMatch(/^~~~\n<b>/);
  });
});
