/**
 * MLC packs 32 weights of a row under one scale; rows must divide by it. In a file of its own: threads that only convert
 * need it, and would load the list of compiled libraries with it.
 */
export const GROUP = 32;
