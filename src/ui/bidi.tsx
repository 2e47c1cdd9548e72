/**
 * Text of unknown direction. A block takes its direction from its first letter (`dir="auto"`); within one that runs right to
 * left a quantity is kept in its own order, since `5-10 mg` after Arabic letters would be shown as `mg 10-5`
 * (https://www.w3.org/TR/alreq/#h_bidi, UAX #9 W2).
 */
import type { ReactNode } from 'react';

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** Figures with the signs before them, what joins them to further ones, and the units behind. */
const QUANTITY =
  /(?:[<>≤≥=±~≈+\-−–×]\s?){0,3}\p{Sc}?\d(?:[\d.,:/*^×~±–−\-%‰°\p{Sc}²³]|\s?[-–−~±×/*]\s?(?=\d))*(?:\s?[a-zA-Zµμ%‰°Ω][a-zA-Zµμ\d%‰°²³⁻¹/·.^*]*){0,3}/gu;

export function runsRightToLeft(text: string): boolean {
  return RIGHT_TO_LEFT.test(text);
}

interface Piece {
  readonly text: string;
  readonly quantity: boolean;
}

function pieces(text: string): readonly Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(QUANTITY)) {
    if (match.index > at) found.push({ text: text.slice(at, match.index), quantity: false });
    found.push({ text: match[0], quantity: true });
    at = match.index + match[0].length;
  }
  if (at < text.length) found.push({ text: text.slice(at), quantity: false });
  return found;
}

/** The text, its quantities isolated where letters that run right to left are in it. */
export function isolated(text: string, rightToLeft = runsRightToLeft(text)): ReactNode {
  if (!rightToLeft) return text;
  return pieces(text).map((piece, index) =>
    piece.quantity ? (
      <bdi key={index} dir="ltr">
        {piece.text}
      </bdi>
    ) : (
      piece.text
    ),
  );
}

/** `isolated` for a page written as a string. @param escape makes text safe as HTML */
export function isolatedHtml(text: string, escape: (text: string) => string): string {
  if (!runsRightToLeft(text)) return escape(text);
  return pieces(text)
    .map((piece) => (piece.quantity ? `<bdi dir="ltr">${escape(piece.text)}</bdi>` : escape(piece.text)))
    .join('');
}
