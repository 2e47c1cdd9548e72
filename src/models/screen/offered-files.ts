/** Model files that were dropped on the page or opened with the app, until a person says which model they are. */
import { create } from 'zustand';
import type { ChosenFile } from '../acquire/ways/acquisition-run.ts';

export const useOfferedFiles = create<{ readonly offered: readonly ChosenFile[] }>(() => ({ offered: [] }));

export function offerFiles(offered: readonly ChosenFile[]): void {
  useOfferedFiles.setState({ offered });
}

/** A file's name, or its folder's. */
export function offeredName(offered: readonly ChosenFile[]): string {
  const path = offered[0]?.path ?? '';
  return offered.length > 1 ? (path.split('/')[0] ?? path) : path;
}
