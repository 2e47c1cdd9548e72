/**
 * What a link in a reply may lead to. A model (or an imported transcript) can write any address: only web pages and mail
 * addresses become links, and nothing is ever fetched for being mentioned.
 */

const LINKABLE = new Set(['http:', 'https:', 'mailto:']);

/** @returns the address to open, or null when it stays text. */
export function safeHref(address: string): string | null {
  // Relative ones would lead around in the app itself, credentials disguise the host.
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  if (!LINKABLE.has(url.protocol) || url.username !== '' || url.password !== '') return null;
  return url.href;
}

/** The host (or mail address) a link leads to, as it is shown beside the link; empty when the text says it already. */
export function destinationShown(href: string, text: string): string {
  const url = new URL(href);
  const destination = url.protocol === 'mailto:' ? url.pathname : url.host;
  return text.includes(destination) ? '' : destination;
}
