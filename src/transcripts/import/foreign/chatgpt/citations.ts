/**
 * References in ChatGPT's texts. Its own page draws them from markers between private-use characters (`U+E200 kind U+E202 …
 * U+E201`) and `metadata.content_references`; outside of it they are garbage in the middle of a sentence. What a marker
 * shows as words stays, what leads somewhere becomes a link, the rest goes.
 */
import { z } from '../../../../lib/zod.ts';

const address = z.string().optional().catch(undefined);
const item = z.object({ title: address, url: address, attribution: address });
const reference = z.object({
  matched_text: z.string(),
  /** Markdown that says the same. */
  alt: address,
  title: address,
  url: address,
  items: z.array(item.nullable().catch(null)).nullish().catch(null),
});
/** The older form beside the text. */
const citation = z.object({ metadata: z.object({ title: address, url: address }) });

export const citationMetadata = {
  content_references: z.array(z.unknown()).nullish().catch(null),
  citations: z.array(z.unknown()).nullish().catch(null),
};

export interface CitationMetadata {
  readonly content_references?: readonly unknown[] | null | undefined;
  readonly citations?: readonly unknown[] | null | undefined;
}

/** Bounded, like what follows: a run of a million spaces must not be walked from each of its places. */
const MARKER = /[ \t]{0,2}\uE200([^\uE200\uE201]*)\uE201/g;
/** A reply that was cut off may end in the middle of one. */
const CUT_MARKER = /[ \t]{0,2}\uE200[a-z_]*(?:\uE202[^\s\uE200-\uE20F]*)*/g;
/** What other programs leave of a marker when they drop its private-use characters. */
const BARE_MARKER = /[ \t]{0,2}\b(?:file)?cite(?:turn\d+[a-z]+\d+)+/g;
/** The form before the markers, e.g. `【7†source】`. */
const LENTICULAR = /[ \t]{0,2}【(\d{1,6})(?::\d{1,6})?†[^】\n]{0,200}】/g;
/** U+E203 and U+E204 stand around the words a reference is about, U+E206 between its parts. */
const LEFT_OVER = /[\uE200-\uE20F]/g;

/** @param text of a model's message. @returns it without private-use markers. */
export function withoutCitationMarkers(text: string, metadata: CitationMetadata): string {
  if (!/[\uE200-\uE20F】]|cite/.test(text)) return text;
  const references = new Map<string, string>();
  for (const each of metadata.content_references ?? []) {
    const parsed = reference.safeParse(each);
    if (parsed.success) references.set(parsed.data.matched_text, linksOf(parsed.data));
  }
  const older = (metadata.citations ?? []).map((each) => {
    const parsed = citation.safeParse(each);
    return parsed.success ? link(parsed.data.metadata.title, parsed.data.metadata.url) : '';
  });
  /** A reference without words is none. */
  const named = (marker: string): string | null => {
    const reference = references.get(marker.trimStart()) ?? '';
    return reference === '' ? null : reference;
  };
  return text
    .replace(MARKER, (whole, inside: string) => spaced(whole, named(whole) ?? wordsOf(inside)))
    .replace(CUT_MARKER, '')
    .replace(LENTICULAR, (whole, number: string) =>
      // Numbers count what was opened, which is the list's order only when it is complete.
      spaced(whole, named(whole) ?? older[Number(number)] ?? ''),
    )
    .replace(BARE_MARKER, '')
    .replace(LEFT_OVER, '');
}

/** What follows a marker that is dropped closes up to what stood before it. */
function spaced(whole: string, put: string): string {
  return put === '' ? '' : (/^[ \t]*/.exec(whole)?.[0] ?? '') + put;
}

/** The words a marker shows on ChatGPT's page; those of mere sources have none. */
function wordsOf(inside: string): string {
  const [kind = '', first = '', second = ''] = inside.split('\uE202');
  // ["drug","Metformin",0]: its sort, its name.
  if (kind === 'entity') return nameOf(first);
  if (kind === 'url' || kind === 'link_title') return link(first, second) || first;
  return '';
}

function nameOf(json: string): string {
  try {
    const value: unknown = JSON.parse(json);
    const name: unknown = Array.isArray(value) ? (value as unknown[])[1] : null;
    return typeof name === 'string' ? name : '';
  } catch {
    // Not the list it looks like: there is no name to show.
    return '';
  }
}

function linksOf({ alt, title, url, items }: z.infer<typeof reference>): string {
  if (alt !== undefined && alt.trim() !== '') return alt;
  const own = link(title, url);
  if (own !== '') return `(${own})`;
  const links = (items ?? []).flatMap((each) => {
    const made = each && link(each.attribution ?? each.title, each.url);
    return made ? [made] : [];
  });
  return links.length === 0 ? '' : `(${links.join(', ')})`;
}

/** Markdown; empty where there is nowhere to lead. */
function link(title: string | undefined, url: string | undefined): string {
  if (url === undefined || !/^https?:\/\/[^\s<>]+$/i.test(url)) return '';
  const words = (title ?? '')
    .replace(/\s+/g, ' ')
    .replace(/[\\[\]]/g, String.raw`\$&`)
    .trim();
  return words === '' ? `<${url}>` : `[${words}](<${url}>)`;
}
