/** The question sets of the app's own, put into the database when they are new or have changed. */
import aboutThisApp from '../../../model-config/question-sets/about-this-app.json' with { type: 'json' };
import readingStudies from '../../../model-config/question-sets/reading-studies.json' with { type: 'json' };
import type { Store } from '../../conversations/data/store.ts';
import { questionSetSchema } from '../items/item.ts';
import { itemsSha256 } from '../items/set-hash.ts';
import { getSet, saveSet } from './sets.ts';

const FILES: readonly unknown[] = [readingStudies, aboutThisApp];

/** @param anew also those that a person took away. @throws AppError `storage/*` */
export async function keepBuiltInSets(store: Store, { anew }: { readonly anew: boolean }): Promise<void> {
  for (const file of FILES) {
    const set = questionSetSchema.parse(file);
    const known = await getSet(store, set.id);
    if (known?.hidden && !anew) continue;
    const sha256 = await itemsSha256(set.items);
    if (known && !known.hidden && known.sha256 === sha256 && known.title === set.title) continue;
    await saveSet(store, { ...set, run: set.run ?? null, format: 'own', builtIn: true, sha256 });
  }
}
