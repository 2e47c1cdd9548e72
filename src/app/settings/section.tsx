import type { ReactNode } from 'react';
import { Button } from '../../ui/button.tsx';

export interface SettingsSectionProps {
  /** Also what `#/settings/<id>` scrolls to. */
  readonly id: string;
  readonly title: string;
  readonly lead?: string;
  readonly children: ReactNode;
}

export function SettingsSection({ id, title, lead, children }: SettingsSectionProps) {
  return (
    <section
      id={`settings-${id}`}
      aria-labelledby={`settings-${id}-title`}
      className="grid scroll-mt-4 gap-5"
      tabIndex={-1}
    >
      <div className="grid gap-2">
        <h2
          id={`settings-${id}-title`}
          className="border-b border-line pb-1 font-serif text-lg font-semibold"
        >
          {title}
        </h2>
        {lead !== undefined && <p className="max-w-measure text-sm text-ink-muted">{lead}</p>}
      </div>
      {children}
    </section>
  );
}

/** At the foot of a section: back to how it was. */
export function ResetButton({
  children,
  disabled,
  onClick,
}: {
  readonly children: string;
  readonly disabled: boolean;
  readonly onClick: () => void;
}) {
  return (
    <div>
      <Button size="small" disabled={disabled} onClick={onClick}>
        {children}
      </Button>
    </div>
  );
}
