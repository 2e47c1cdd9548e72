/** The HTML of Anki's fields as text. Never put into a page. Only what is a tag goes: `Na < 120 and K > 5` holds none. */

/** Those that begin a line of their own; their content stays. */
const BLOCKS = new Set(
  'address article aside blockquote center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody tfoot thead tr ul'.split(
    ' ',
  ),
);
/** Those that stand inside a line. */
const INLINE = new Set(
  'a abbr audio b bdi bdo big button caption cite code col colgroup data del dfn em embed font i iframe img input ins kbd label legend mark math meter nobr object optgroup option output path picture progress q rp rt ruby s samp script select small source span strike strong style sub sup svg template textarea time track tt u var video wbr'.split(
    ' ',
  ),
);

const SUPERSCRIPT: Readonly<Record<string, string>> = {
  '0': '⁰',
  '1': '¹',
  '2': '²',
  '3': '³',
  '4': '⁴',
  '5': '⁵',
  '6': '⁶',
  '7': '⁷',
  '8': '⁸',
  '9': '⁹',
  '+': '⁺',
  '-': '⁻',
  '−': '⁻',
};

/** Stands for the edge of a block until edges that meet have become one line break. */
const EDGE = '\u2028';

/** Whether a text without tags would lose an image, or something else to look at or to hear. Anki's export holds their names alone. */
export function holdsMedia(html: string): boolean {
  return /<(?:img|svg|picture|video|audio|object|embed|iframe)(?:[\s/][^<>]*)?>/i.test(html);
}

export function plainText(html: string): string {
  return html
    .replace(/<!--[^<>]*-->/g, '')
    .replace(/<sup>([^<>]{1,40})<\/sup>/gi, (_, power: string) => raised(power))
    .replace(/<\/?([a-z][a-z0-9]{0,15})([^<>]*)>/gi, (tag: string, name: string, rest: string) =>
      instead(tag, name.toLowerCase(), rest),
    )
    .replace(/\u2028[\u2028 \t\r\n]*/g, '\n')
    .replace(/&(#x?[0-9a-f]{1,7}|nbsp|lt|gt|quot|apos|amp);/gi, decoded)
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** What stands in a tag's place: itself, when it is none. `a<b and c>d` is no tag: its words are no attributes. */
function instead(tag: string, name: string, rest: string): string {
  const attributes = rest.replace(/\/$/, '').trim();
  const separate = attributes === '' || /^[\s/]/.test(rest);
  const plausible = attributes === '' || name.length > 1 || /^[a-z-]+=/i.test(attributes);
  if (!separate || !plausible) return tag;
  if (name === 'br') return '\n';
  if (name === 'td' || name === 'th') return tag.startsWith('</') ? '' : ' ';
  if (BLOCKS.has(name)) return EDGE;
  return INLINE.has(name) ? '' : tag;
}

/** `10<sup>9</sup>` is not 109. */
function raised(power: string): string {
  const signs = Array.from(power.trim(), (sign) => SUPERSCRIPT[sign]);
  return signs.includes(undefined) ? `^${power}` : signs.join('');
}

function decoded(entity: string, name: string): string {
  const named = { nbsp: ' ', lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }[name.toLowerCase()];
  if (named !== undefined) return named;
  const point = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return Number.isInteger(point) && point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : entity;
}
