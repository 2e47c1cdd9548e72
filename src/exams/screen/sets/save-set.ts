import { fileName } from '../../../transcripts/format/file-name.ts';
import { download } from '../../../transcripts/export/save-file.ts';
import type { SetRecord } from '../../data/set-record.ts';
import { SET_SCHEMA_NAME, type Item, type QuestionSetFile } from '../../items/item.ts';

/** A set as a file that Import reads again, with its hash. */
export function setFile(set: SetRecord, items: readonly Item[]): QuestionSetFile {
  return {
    schema: SET_SCHEMA_NAME,
    version: 1,
    id: set.id,
    title: set.title,
    description: set.description,
    language: set.language,
    licence: set.licence,
    source: set.source,
    ...(set.run ? { run: set.run } : {}),
    sha256: set.sha256,
    items: [...items],
  };
}

export async function saveSetFile(set: SetRecord, items: readonly Item[]): Promise<void> {
  const text = `${JSON.stringify(setFile(set, items), null, 1)}\n`;
  download(new File([text], fileName(set.title, Date.now(), '.json'), { type: 'application/json' }));
  return Promise.resolve();
}
