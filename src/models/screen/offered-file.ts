/** A model file that the system opened the app with, until a person says which model it is. */
import { create } from 'zustand';
import type { ChosenFile } from '../acquire/jobs/acquisition-job.ts';

export const useOfferedFile = create<{ readonly offered: ChosenFile | null }>(() => ({ offered: null }));

export function offerFile(offered: ChosenFile | null): void {
  useOfferedFile.setState({ offered });
}
