/** Which published format a table is of. The order matters only where one format's fields include another's. */
import type { Reader, Table } from './reading.ts';
import { afrimedqa } from './readers/afrimedqa.ts';
import { anki } from './readers/anki.ts';
import { endings } from './readers/endings.ts';
import { careqa, headqa } from './readers/headqa.ts';
import { medmcqa } from './readers/medmcqa.ts';
import { medqa } from './readers/medqa.ts';
import { medxpertqa } from './readers/medxpertqa.ts';
import { mmlu } from './readers/mmlu.ts';
import { pubmedqa } from './readers/pubmedqa.ts';

export const READERS: readonly Reader[] = [
  anki,
  medxpertqa,
  medqa,
  medmcqa,
  pubmedqa,
  mmlu,
  headqa,
  careqa,
  afrimedqa,
  endings,
];

/** null: nobody's published format; a person's mapping may still read it. */
export function detectReader(table: Table): Reader | null {
  return READERS.find((reader) => reader.matches(table)) ?? null;
}
