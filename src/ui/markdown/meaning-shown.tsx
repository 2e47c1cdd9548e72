/** For tests: what a reader sees of a reply. */
import { renderToStaticMarkup } from 'react-dom/server';
import RichText from './rich-text.tsx';

export function markupOf(text: string): string {
  return renderToStaticMarkup(<RichText text={text} streaming={false} whole />);
}

const ENTITIES: Record<string, string> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#x27;': "'",
  '&amp;': '&',
};

/** Without tags, and without what is said of a link beside it. */
export function textOf(markup: string): string {
  return markup
    .replace(/<span class="prose-host">.*?<\/span><\/span>/g, '')
    .replace(/<[^>]*>/g, '')
    .replace(/&(?:lt|gt|quot|#x27|amp);/g, (entity) => ENTITIES[entity] ?? entity);
}

export const shownOf = (text: string): string => textOf(markupOf(text)).replace(/\s+/g, ' ');
