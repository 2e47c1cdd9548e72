import { Braces, FileText, Globe, ListTree, Table2, Upload } from 'lucide-react';
import { ErrorAlert } from '../../../ui/feedback/error-alert.tsx';
import { MenuButton } from '../../../ui/menu/menu.tsx';
import type { MenuItem } from '../../../ui/menu/menu-item.ts';
import { showToast } from '../../../ui/feedback/toast.tsx';
import type { RunReport } from '../../export/report.ts';
import type { RunExportFormat } from '../../export/export-actions.ts';
import { useAct } from '../use-act.ts';

/** Every way to take a run's results to other programs. */
export function RunExportMenu({ report }: { readonly report: RunReport }) {
  const { act, error } = useAct();
  const save = (format: RunExportFormat) => () => {
    act(async () => {
      const { saveRun } = await import('../../export/export-actions.ts');
      const names = await saveRun(report, format);
      showToast(`Saved ${names.join(' and ')}`);
    });
  };
  const items: MenuItem[] = [
    { label: 'lm-evaluation-harness', icon: ListTree, onSelect: save('lm-eval') },
    { label: 'Inspect', icon: Braces, onSelect: save('inspect') },
    { label: 'Every Eval Ever', icon: Braces, onSelect: save('every-eval-ever') },
    { label: 'CSV', icon: Table2, onSelect: save('csv') },
    { label: 'Report (HTML)', icon: Globe, onSelect: save('html') },
    { label: 'Run file (JSON)', icon: FileText, onSelect: save('run') },
  ];
  return (
    <>
      <MenuButton label="Export" icon={Upload} size="small" align="start" items={items} />
      {error && <ErrorAlert error={error} />}
    </>
  );
}
