/** A cell that begins like a formula, and is no number, must not become one when a file is opened in a spreadsheet. */
export const FORMULA_LIKE = /^(?!-?\d*\.?\d+(?:e[-+]?\d+)?$)[=+\-@\t\r]/;
