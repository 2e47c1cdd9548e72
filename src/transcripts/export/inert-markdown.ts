/**
 * Takes the life out of Markdown that another program will draw: raw HTML, images, and addresses that are no plain link. What is
 * live is found by the parser that also draws the chat, since no few patterns know where code, lists and quotations end. The
 * text reads the same; import does not read it but the data embedded in the file.
 */
import remarkGfm from 'remark-gfm';
import remarkMath from 'remark-math';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import { fenceAround } from '../format/fence.ts';
import { guardedMarkdown, TooMuchWork, workGuards } from '../../ui/markdown/syntax/work-guard.ts';
import { isTooMuch } from '../../ui/markdown/blocks/too-much.ts';

const guards = workGuards();

function plain() {
  return unified()
    .use(remarkParse)
    .data('micromarkExtensions', [guardedMarkdown(guards)]);
}

/**
 * Programs differ in which of the extensions they know, and a table, a bare address or a formula moves the ends of code. Each is
 * asked only about texts with marks of its own: parsing a page takes tens of milliseconds.
 */
const DIALECTS = [
  { marks: /(?:)/, parser: plain() },
  { marks: /[|~@]|:-|-:|\[\^|www\.|https?:/i, parser: plain().use(remarkGfm) },
  { marks: /\$/, parser: plain().use(remarkGfm).use(remarkMath) },
] as const;

/** Without one of these a text holds nothing live and nothing that is left open: brackets alone, as Meditron's [bib_ref], need a definition. */
const SUSPICIOUS = /<|\][(:]|`{3}|~{3}|\${2}/;
/** What was hidden in one construct may be live when that is gone. Nobody writes six deep. */
const MOST_PASSES = 6;
/** Whole addresses only: a relative one would lead to the reader's own disk. */
const PLAIN_ADDRESS = /^(?:https?:\/\/|mailto:)/i;

/** What stands around a message in the file, so that it is parsed as it will be read. */
const BEFORE = '*x*\n\n';
const AFTER = '\n\n## x\n';

type Root = ReturnType<(typeof DIALECTS)[number]['parser']['parse']>;
type MarkdownNode = Root | Root['children'][number];

/** A text of several lines, between two blank ones. */
export function inert(text: string): string {
  const steps = inertInSteps(text);
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}

/** `inert`, with a pause after each parsing: a long text takes tens of milliseconds for each. */
export function* inertInSteps(text: string): Generator<void, string, void> {
  let calm = text.replace(/\r\n?/g, '\n');
  if (!SUSPICIOUS.test(calm)) return calm;
  if (isTooMuch(calm)) return fenced(calm);
  for (let pass = 0; pass < MOST_PASSES; pass += 1) {
    const before = calm;
    for (const { marks, parser } of DIALECTS) {
      if (!marks.test(calm)) continue;
      const tree = parsed(parser, `${BEFORE}${calm}${AFTER}`);
      if (!tree) return fenced(calm);
      calm = repaired(calm, tree);
      yield;
    }
    if (calm === before) return calm;
  }
  return fenced(calm);
}

/** @returns null when that would take too long */
function parsed(parser: (typeof DIALECTS)[number]['parser'], text: string): Root | null {
  guards.reset();
  try {
    return parser.parse(text);
  } catch (thrown) {
    if (thrown instanceof TooMuchWork) return null;
    throw thrown;
  }
}

/** A text that shares its line with others, as in a heading: nothing in it is markup. */
export function inertLine(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .trim()
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\\`*_[\]~$|]/g, String.raw`\$&`);
}

/** In code nothing is live; the fence is longer than any inside. */
function fenced(text: string): string {
  const fence = fenceAround(text, '~');
  return `${fence}\n${text}\n${fence}`;
}

interface Repair {
  /** Place in the text. */
  readonly at: number;
  readonly remove: number;
  readonly put: string;
}

function repaired(text: string, tree: Root): string {
  const repairs = new Map<number, Repair>();
  for (const node of nodesOf(tree)) {
    for (const repair of repairsOf(node, text)) repairs.set(repair.at, repair);
  }
  let result = '';
  let from = 0;
  for (const { at, remove, put } of [...repairs.values()].sort((a, b) => a.at - b.at)) {
    result += text.slice(from, at) + put;
    from = at + remove;
  }
  return result + text.slice(from) + endOfOpenBlock(text, tree);
}

/** Not recursive: how deep a text nests is its own choice. */
function* nodesOf(tree: Root): Generator<MarkdownNode> {
  const waiting: MarkdownNode[] = [tree];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    yield node;
    if ('children' in node) for (const child of node.children) waiting.push(child);
  }
}

function repairsOf(node: MarkdownNode, text: string): readonly Repair[] {
  const [start, end] = placeOf(node);
  if (start < 0) return [];
  if (node.type === 'html') {
    const tags = text.slice(start, end).matchAll(/<(?=[a-z/!?])/gi);
    return Array.from(tags, ({ index }) => entity(start + index));
  }
  if (node.type === 'link' && !PLAIN_ADDRESS.test(node.url))
    return [text[start] === '<' ? entity(start) : escape(start)];
  if (node.type === 'image' || node.type === 'imageReference') {
    // The tree does not show the images in an image's description.
    const images = text.slice(start, end).matchAll(/!(?=\[)/g);
    return Array.from(images, ({ index }) => escape(start + index + 1));
  }
  // A definition in one message would give life to the text of another.
  if (node.type === 'definition') return [escape(text.indexOf('[', start))];
  return [];
}

/** Programs without an escape for `<` know its name. */
function entity(at: number): Repair {
  return { at, remove: 1, put: '&lt;' };
}

function escape(at: number): Repair {
  return { at, remove: 0, put: '\\' };
}

/** Code or a formula left open would swallow the messages that follow. */
function endOfOpenBlock(text: string, tree: Root): string {
  const last = tree.children.at(-1);
  if (!last || last.type === 'heading') return '';
  const [start] = placeOf(last);
  const opener = /^(?:`{3,}|~{3,}|\${2,})/.exec(text.slice(Math.max(start, 0)))?.[0];
  return opener === undefined ? '' : `\n${opener}`;
}

/** Where a node stands in the message; before 0 for what stands before it or nowhere. */
function placeOf({ position }: MarkdownNode): readonly [number, number] {
  const start = position?.start.offset ?? -1;
  const end = position?.end.offset ?? -1;
  return [start - BEFORE.length, end - BEFORE.length];
}
