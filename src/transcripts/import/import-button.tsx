import { lazy, Suspense, useRef, useState } from 'react';
import { Download } from 'lucide-react';
import { Button } from '../../ui/button.tsx';

const ImportDialog = lazy(() => import('./import-dialog.tsx'));

/** Opens the file picker; what follows (reading, report) is loaded then. */
export default function ImportButton() {
  const picker = useRef<HTMLInputElement>(null);
  const [files, setFiles] = useState<readonly File[]>([]);
  return (
    <>
      <Button
        size="small"
        look="quiet"
        icon={Download}
        onClick={() => {
          picker.current?.click();
        }}
      >
        Import
      </Button>
      <input
        ref={picker}
        type="file"
        hidden
        multiple
        accept=".json,.jsonl,.md,.html,.sha256,application/json"
        onChange={(event) => {
          setFiles([...(event.currentTarget.files ?? [])]);
          // So that the same file can be chosen again.
          event.currentTarget.value = '';
        }}
      />
      {files.length > 0 && (
        <Suspense fallback={null}>
          <ImportDialog
            files={files}
            onClose={() => {
              setFiles([]);
            }}
          />
        </Suspense>
      )}
    </>
  );
}
