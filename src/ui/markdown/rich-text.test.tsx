// @vitest-environment happy-dom
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import RichText from './rich-text.tsx';

// KaTeX refuses documents in quirks mode, which this one claims to be in.
Object.defineProperty(document, 'compatMode', { value: 'CSS1Compat' });

let container: HTMLDivElement;
let root: Root;

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  container = document.createElement('div');
  document.body.append(container);
  root = createRoot(container);
});

afterEach(() => {
  act(() => {
    root.unmount();
  });
  container.remove();
  vi.unstubAllGlobals();
});

function show(text: string, streaming = false): HTMLElement {
  act(() => {
    root.render(<RichText text={text} streaming={streaming} />);
  });
  return container;
}

const HOSTILE = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg onload=alert(1)><use href="https://evil.example/x#y"/></svg>',
  '<iframe src="https://evil.example"></iframe>',
  '<math><mtext><a href="javascript:alert(1)">x</a></mtext></math>',
  '<a href="javascript:alert(1)">x</a>',
  '<style>@import url(https://evil.example)</style>',
  '<link rel=stylesheet href=https://evil.example>',
  '<form action=https://evil.example><input name=a></form>',
  '<details open ontoggle=alert(1)>',
  '<base href=https://evil.example>',
  '<meta http-equiv=refresh content="0;url=https://evil.example">',
  '<object data=https://evil.example></object>',
  '[x](javascript:alert(1))',
  '[x](JaVaScRiPt:alert(1))',
  '[x](java\tscript:alert(1))',
  '[x](&#106;avascript:alert(1))',
  '[x](vbscript:msgbox)',
  '[x](data:text/html,<script>alert(1)</script>)',
  '[x](file:///etc/passwd)',
  '[x](blob:https://evil.example/1)',
  '[x](//evil.example)',
  '[x](#/settings)',
  '[x](https://user:secret@evil.example)',
  '<javascript:alert(1)>',
  '[x]: javascript:alert(1)\n\n[x]',
  '![x](https://evil.example/pixel.png)',
  '![x](data:image/svg+xml,<svg onload=alert(1)>)',
  '![x][y]\n\n[y]: https://evil.example/pixel.png',
  '[![x](https://evil.example/pixel.png)](javascript:alert(1))',
  '| a |\n|---|\n| <img src=x onerror=alert(1)> |',
  '```html\n<script>alert(1)</script>\n```',
  '$\\href{javascript:alert(1)}{x}$',
  '$$\n\\includegraphics{https://evil.example/x.png}\n$$',
  '$\\htmlData{onclick=alert(1)}{x}$',
  '- [ ] <input onfocus=alert(1) autofocus>',
];

describe('hostile text', () => {
  it.each(HOSTILE)('%s stays inert', (text) => {
    const page = show(text);
    expect(
      page.querySelectorAll(
        'script, img, svg[onload], iframe, style, link, form, input, details, base, meta, object, embed, video, audio, source',
      ),
    ).toHaveLength(0);
    for (const element of page.querySelectorAll('*')) {
      for (const { name, value } of element.attributes) {
        expect(name.startsWith('on'), `${name} on ${element.tagName}`).toBe(false);
        if (name === 'src' || name === 'srcset' || name === 'action') throw new Error(`${name}=${value}`);
      }
    }
    for (const link of page.querySelectorAll('a')) {
      expect(link.getAttribute('href')).toMatch(/^(https?:\/\/(?!user)|mailto:)/);
      expect(link.getAttribute('rel')).toContain('noreferrer');
    }
  });

  it.each([
    ['quotations', '> '.repeat(5000) + 'x'],
    ['lists', '- '.repeat(5000) + 'x'],
    ['brackets', '['.repeat(20_000)],
    ['emphasis', '*a '.repeat(8000)],
    ['links', '[a]('.repeat(6000)],
    ['a table of one row', `|${' a |'.repeat(5000)}\n|${'-|'.repeat(5000)}`],
  ])('thousands of %s neither hang nor fail', (_name, text) => {
    expect(show(text).textContent.length).toBeGreaterThan(0);
  });
});

describe('what is shown', () => {
  it('raw HTML is read as it was written', () => {
    expect(show('a <b>bold</b> word').textContent).toBe('a <b>bold</b> word');
  });

  it('a link says where it leads', () => {
    const link = show('[the trial](https://example.org/a)').querySelector('a');
    expect(link?.textContent).toContain('(example.org)');
    expect(link?.target).toBe('_blank');
  });

  it('a refused link can still be read', () => {
    expect(show('[x](javascript:alert(1))').textContent).toContain('javascript:alert(1)');
  });

  it('an image is named, not fetched', () => {
    expect(show('![scan](https://evil.example/x.png)').textContent).toContain('image not loaded: scan');
  });

  it('code is copied to the letter, wherever it stands', async () => {
    const writeText = vi.fn(() => Promise.resolve());
    vi.stubGlobal('navigator', { clipboard: { writeText } });
    const code = "awk '{print $1, $2}' $HOME/f; echo '\\(x\\)'  \n\n\tx*y*z";
    const indented = (by: string): string => code.replace(/^(?=.)/gm, by);
    for (const text of [
      `\`\`\`sh\n${code}\n\`\`\``,
      `1. Run:\n    \`\`\`sh\n${indented('    ')}\n    \`\`\``,
      `> \`\`\`sh\n${code.replace(/^/gm, '> ')}\n> \`\`\``,
      indented('    '),
    ]) {
      writeText.mockClear();
      const button = show(text).querySelector<HTMLButtonElement>('button[aria-label="Copy code"], button');
      await act(async () => {
        button?.click();
        await Promise.resolve();
      });
      expect(writeText, text).toHaveBeenCalledWith(code);
      act(() => {
        root.render(null);
      });
    }
  });

  it('money is no formula', () => {
    expect(show('It costs $5 and $10.').textContent).toBe('It costs $5 and $10.');
  });

  it('a formula becomes MathML, beside the source that is read aloud and copied; what is none shows its source', async () => {
    await act(async () => {
      root.render(
        <RichText
          text={'so $10^{12}$ and $\\frac{a$ and $\\begin{x}$ and $a_\\unknown{5}$'}
          streaming={false}
        />,
      );
      await import('katex');
      // One turn later the component has it, too.
      await new Promise((resolve) => setTimeout(resolve));
    });
    expect(container.querySelector('math')).not.toBeNull();
    const set = container.querySelector('.prose-math');
    expect(set?.querySelector('.prose-math-source')?.textContent).toBe('$10^{12}$');
    expect(set?.querySelector('.prose-math-set')?.getAttribute('aria-hidden')).toBe('true');
    expect(container.querySelectorAll('math')).toHaveLength(1);
    expect(container.textContent).toContain('$\\frac{a$ and $\\begin{x}$ and $a_\\unknown{5}$');
  });
});

describe('while streaming', () => {
  it('a finished block keeps its very nodes', () => {
    show('first\n\nsec', true);
    const first = container.querySelector('p');
    show('first\n\nsecond\n\nthird', true);
    expect(container.querySelector('p')).toBe(first);
    show('first\n\nsecond\n\nthird', false);
    expect(container.querySelector('p')).toBe(first);
  });

  it('an unfinished fence is code already', () => {
    expect(show('```js\nlet a', true).querySelector('pre')?.textContent).toContain('let a');
  });

  it.each(['-', '--', '=', '  -'])(
    'a line that only begins (%j) makes no heading of the one above',
    (begun) => {
      expect(show(`Signs are\n${begun}`, true).querySelector('h3')).toBeNull();
      expect(container.textContent).toContain('Signs are');
      expect(show('Signs are\n- fever', true).querySelectorAll('li')).toHaveLength(1);
    },
  );
});
