/**
 * Bare addresses: `https://…`, `www.…` and mail addresses. Found once for the whole text, in linear time; the tokenizer then only
 * has to look up where one begins.
 */
import type { Construct, Effects, State, TokenizeContext } from 'micromark-util-types';

declare module 'micromark-util-types' {
  interface TokenTypeMap {
    address: 'address';
    addressData: 'addressData';
  }
}

/** No brackets, bars or quotation marks, which end what an address stands in, nor the punctuation of other scripts. */
const WEB = /(?<![\w.+/@-])(?:https?:\/\/|www\.)[^\s<>[\]|"`\u3000-\u303f\uff00-\uffef]{1,2000}/gi;
const MAIL = /(?<![\w.+/@=-])[\w.+-]{1,64}@[a-z\d-]{1,63}(?:\.[a-z\d-]{1,63}){1,8}(?![\w@-])/gi;
/** What ends a sentence and no address. */
const TRAIL = /[?!.,:;*_~'&]+$/;

export interface Address {
  readonly end: number;
  readonly url: string;
}

/** All addresses of a text by the place they begin at. */
export function addressesIn(source: string): ReadonlyMap<number, Address> {
  const found = new Map<number, Address>();
  if (!/[:@]\S|www\./i.test(source)) return found;
  for (const { 0: match, index } of source.matchAll(WEB)) {
    const text = withoutTrail(match);
    const url = /^www/i.test(text) ? `http://${text}` : text;
    if (URL.canParse(url) && new URL(url).host !== '') found.set(index, { end: index + text.length, url });
  }
  for (const { 0: match, index } of source.matchAll(MAIL)) {
    const text = match.replace(TRAIL, '');
    if (/[a-z]$/i.test(text)) found.set(index, { end: index + text.length, url: `mailto:${text}` });
  }
  return found;
}

function withoutTrail(address: string): string {
  const text = address.replace(TRAIL, '');
  // A bracket around the address is none of it.
  if (!text.endsWith(')') || text.split('(').length >= text.split(')').length) return text;
  return text.slice(0, -1).replace(TRAIL, '');
}

export function bareAddress(addresses: () => ReadonlyMap<number, Address>): Construct {
  return {
    name: 'address',
    previous(this: TokenizeContext) {
      return addresses().has(this.now().offset);
    },
    tokenize(this: TokenizeContext, effects: Effects, ok: State, nok: State): State {
      let end = 0;
      const inside: State = (code) => {
        if (this.now().offset >= end) {
          effects.exit('addressData');
          effects.exit('address');
          return ok(code);
        }
        if (code === null) return nok(code);
        effects.consume(code);
        return inside;
      };
      return (code) => {
        end = addresses().get(this.now().offset)?.end ?? 0;
        if (end === 0) return nok(code);
        effects.enter('address');
        effects.enter('addressData');
        return inside(code);
      };
    },
  };
}
