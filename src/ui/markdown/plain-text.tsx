import { memo } from 'react';
import { isolated, runsRightToLeft } from '../bidi.tsx';

/** Laid out in one go: longer texts are cut into pieces of which the browser skips those out of sight. */
const PIECE_CHARACTERS = 8000;

/** A text as it was written, spaces and empty lines included. */
export const PlainText = memo(function PlainText({ text }: { readonly text: string }) {
  return piecesOf(text).map((piece, index) => (
    <p key={index} dir="auto" className="as-written">
      {runsRightToLeft(piece) ? isolated(piece, true) : piece}
    </p>
  ));
});

/** Cut at line ends where there are some. */
export function piecesOf(text: string): readonly string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length;) {
    let end = Math.min(text.length, at + PIECE_CHARACTERS);
    if (end < text.length) {
      const line = text.lastIndexOf('\n', end - 1);
      if (line > at) end = line + 1;
      // Not within a pair that makes one character.
      else if (/[\ud800-\udbff]/.test(text.charAt(end - 1))) end -= 1;
    }
    // A piece is a block: its last line end would be an empty line.
    pieces.push(text.slice(at, text[end - 1] === '\n' && end < text.length ? end - 1 : end));
    at = end;
  }
  return pieces;
}
