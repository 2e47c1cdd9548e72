/** Anywhere on the page a file can be dropped: without this the browser would leave the app and show the file. */
import { useEffect, useState } from 'react';
import type { ChosenFile } from '../../models/acquire/ways/acquisition-run.ts';
import { TAKEN_KINDS, takeFiles } from '../takers.ts';
import { droppedFiles } from './dropped-files.ts';

export interface DropTargetProps {
  readonly go: (path: string) => void;
  readonly onFault: (thrown: unknown) => void;
}

export function DropTarget({ go, onFault }: DropTargetProps) {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const mine = (event: DragEvent): boolean =>
      !event.defaultPrevented && event.dataTransfer?.types.includes('Files') === true;
    // Behind a dialog nothing else may happen; leaving the app may not either.
    const blocked = (): boolean => document.querySelector('dialog[open]') !== null;
    const onOver = (event: DragEvent): void => {
      if (!mine(event) || !event.dataTransfer) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = blocked() ? 'none' : 'copy';
      setOver(!blocked());
    };
    const onLeave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent): void => {
      setOver(false);
      if (!mine(event) || !event.dataTransfer) return;
      event.preventDefault();
      if (blocked()) return;
      void droppedFiles(event.dataTransfer)
        .then((files: readonly ChosenFile[]) => takeFiles(files, go))
        .catch(onFault);
    };
    window.addEventListener('dragover', onOver);
    window.addEventListener('dragleave', onLeave);
    window.addEventListener('drop', onDrop);
    return () => {
      window.removeEventListener('dragover', onOver);
      window.removeEventListener('dragleave', onLeave);
      window.removeEventListener('drop', onDrop);
    };
  }, [go, onFault]);
  if (!over) return null;
  return (
    <div className="pointer-events-none fixed inset-3 z-50 grid place-items-center rounded-md border-2 border-dashed border-accent bg-paper/90">
      <p className="px-6 text-center font-serif text-lg">
        Drop to take it in: {new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(TAKEN_KINDS)}
      </p>
    </div>
  );
}
