/** What is shown of a reply reads as it was written: no quantity loses a figure or a sign. */
import { describe, expect, it } from 'vitest';
import { markupOf, shownOf } from './meaning-shown.tsx';
import { prepareBlock } from './blocks/prepare.ts';
import { splitBlocks } from './blocks/split-blocks.ts';

describe('quantities are not markup', () => {
  it.each([
    ['- >140/90 mmHg\n- >= 65 years', ['>140/90 mmHg', '>= 65 years']],
    ['Stop if K is\n> 5.5 mmol/L', ['> 5.5 mmol/L']],
    ['> −5', ['> −5']],
    ['> $5', ['> $5']],
    ['> **5.5** mmol/L', ['> 5.5 mmol/L']],
    ['>ULN, - > 3 × ULN', ['>ULN', '> 3 × ULN']],
    ['- > twice the limit', ['> twice the limit']],
    ['> Dose is\n> 5 mg', ['> Dose is > 5 mg']],
    ['Dose = 70*0.5 = 35 mg; 2*24 h. 5*4*3*2*1 = 120', ['70*0.5 = 35 mg', '2*24 h', '5*4*3*2*1 = 120']],
    [
      '(2+3)*4 or 5*(1+2), 5%*3, x*y*z, 10**9 and 10**12',
      ['(2+3)*4', '5*(1+2)', '5%*3', 'x*y*z', '10**9', '10**12'],
    ],
    ['70 *0.5 mg/kg and 2* 3', ['70 *0.5 mg/kg', '2* 3']],
    ['70 kg *0.5 mg = 35 mg* 2', ['70 kg *0.5 mg', '35 mg* 2']],
    ['70\n* 0.5\n* 2', ['70 * 0.5 * 2']],
    ['Give 5~10 mg, 15~20 mg, SpO~2~ and ~~5 mg~~', ['5~10 mg', '15~20 mg', 'SpO~2~', '~~5 mg~~']],
    [
      '15$, 20$ ou 25$. 100$-200$. $5 to $10. US$5, A$6',
      ['15$, 20$ ou 25$', '100$-200$', '$5 to $10', 'US$5, A$6'],
    ],
    ['$5-$10 and $5/day, ($5)', ['$5-$10', '$5/day', '($5)']],
    [
      '\\[12\\] \\[1, 2\\] \\[n = 12\\]? \\(5 mg\\) \\(12\\)',
      ['[12]', '[1, 2]', '[n = 12]?', '(5 mg)', '(12)'],
    ],
    ['140. Start\n\n2.  5 mg\n\n3) x', ['140. Start', '2. 5 mg', '3) x']],
    ['1. a\n1. b\n7. c', ['1. a', '1. b', '7. c']],
    ['+5 mg\n\n-5\n\n1.5 mg\n\n#5\n\n1986\\. A', ['+5 mg', '-5', '1.5 mg', '#5', '1986. A']],
    ['+ fever\n- cough\n- 5 mg\n* 6 mg', ['+ fever', '- cough', '- 5 mg', '* 6 mg']],
    ['C_max T_1_2 __init__ 5_000_000', ['C_max', 'T_1_2', '__init__', '5_000_000']],
    ['<5 mg, <br>, a<b>c, <pH:7.4>, x<y and z>5', ['<5 mg', '<br>', 'a<b>c', '<pH:7.4>', 'x<y and z>5']],
    ['&lt;5 mg, 5 &micro;g, 5&nbsp;mg', ['<5 mg', '5 µg', '5 mg']],
    ['140\n---\n\nSigns are\n-\n\n5\n-\n3\n\nK\n===', ['140', 'Signs are -', '5 - 3', 'K ===']],
    ['5:1\n:-\nx', ['5:1 :- x']],
    ['| a | b |\n|---|---|\n| 5 \\| 6 | 7 | 8 |', ['5 | 6', '7', '8']],
    ['[1]: 5mg\n\n[^1]: 5 mg\n\nas [1] and [^1] say', ['[1]: 5mg', '[^1]: 5 mg', 'as [1] and [^1] say']],
    ['[5](10) [a](<5 mg>) ![5](6 "7")', ['[5](10)', '[a](<5 mg>)', '5, 6, 7']],
    ['```500 mg daily\nx\n```\n\n~~~ 5 mg ~~~\ny', ['500 mg daily', '5 mg ~~~']],
    ["5` and 6` of arc, 5' 6''", ['5` and 6` of arc', "5' 6''"]],
    ['https://example.org/p?cost=$5&x=1*2*3', ['https://example.org/p?cost=$5&x=1*2*3']],
    ['2\\*3 5\\~6 \\<5 \\$5', ['2*3', '5~6', '<5', '$5']],
    ['so $10^12$, $5 \\%$, $2 1/2$, $1 000$, $5~6 = x$', ['$10^12$', '$2 1/2$', '$1 000$', '$5~6 = x$']],
    ['$\\phantom{5}6$ and $\\color{white}5$', ['$\\phantom{5}6$', '$\\color{white}5$']],
  ])('%j', (text, quantities) => {
    const shown = shownOf(text);
    for (const quantity of quantities) expect(shown).toContain(quantity);
  });

  it('Markdown is still read', () => {
    for (const [text, markup] of [
      ['**Dose:**5 mg', '<strong>Dose:</strong>5 mg'],
      [
        '请注意**「高血压」**的诊断。**血压：**高于140',
        '请注意<strong>「高血压」</strong>的诊断。<strong>血压：</strong>高于140',
      ],
      [
        '**收缩压**140 **당뇨병**은 *注意：*高',
        '<strong>收缩压</strong>140 <strong>당뇨병</strong>은 <em>注意：</em>高',
      ],
      [
        '**5 mg** and **5**mg, *5 mg*, ***x***',
        '<strong>5 mg</strong> and <strong>5</strong>mg, <em>5 mg</em>, <em><strong>x</strong></em>',
      ],
      ['**Platelets 10**9/L low**', '<strong>Platelets 10**9/L low</strong>'],
      ['_note_ __two words__', '<em>note</em> <strong>two words</strong>'],
      ['## Dose', '<h3 data-level="2" dir="auto">Dose</h3>'],
    ])
      expect(markupOf(text ?? '')).toContain(markup);
    expect(markupOf('> a quotation\n> of two lines')).toContain('<blockquote');
    expect(markupOf('> 1. First\n> 2. Second')).toContain('<blockquote');
    expect(markupOf('* a\n* b')).toContain('prose-bullets');
    expect(markupOf('---')).toContain('<hr');
  });

  it('formulas are still formulas', () => {
    for (const tex of [
      '$x^2$',
      '$n$',
      '$x = 5$',
      '\\(x\\)',
      '\\(a^2 + b^2\\)',
      '$10^{12}$',
      '$5 \\times 10^3$',
      '$$x$$',
      '\\[\\frac{1}{2}\\]',
      '$$\nx = 1\n$$',
      '\\[\nx = 1\n\\]',
      '$2x = 4$',
      '$\\alpha$, $p < 0.05$',
    ])
      expect(splitBlocks(tex).map((block) => JSON.stringify(prepareBlock(block)?.tree))).toEqual([
        expect.stringContaining('"formula"'),
      ]);
  });
});
