import type { ShownMessage } from '../../database/records.ts';
import { Dialog } from '../../ui/dialog.tsx';

export default function Compare({
  onClose,
}: {
  readonly message: ShownMessage;
  readonly onClose: () => void;
}) {
  return (
    <Dialog open title="Compare" onClose={onClose}>
      <p>…</p>
    </Dialog>
  );
}
