/** Blocks with a frame of their own: they scroll sideways, and code can be copied. */
import { Check, Copy } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { IconButton } from '../button.tsx';
import { COPY_REFUSED, copyText } from '../clipboard.ts';
import { showToast } from '../feedback/toast.tsx';

export function Scrollable({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    // A wide table scrolls by keyboard only when it can be focused (axe: scrollable-region-focusable).
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- see above
    <div className="prose-scroll" role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}

/** @param info what stands beside the opening fence: usually the language. */
export function CodeBlock({ code, info }: { readonly code: string; readonly info: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <div className="prose-code" dir="ltr">
      {info !== '' && <div className="prose-code-info">{info}</div>}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- long lines scroll by keyboard only when it can be focused */}
      <pre role="group" aria-label="Code" tabIndex={0}>
        <code>{code}</code>
      </pre>
      <IconButton
        label={copied ? 'Copied' : 'Copy code'}
        icon={copied ? Check : Copy}
        size="small"
        tipAlign="end"
        className="!absolute top-1 right-1 bg-sunken"
        onClick={() => {
          void copyText(code).then((done) => {
            setCopied(done);
            if (!done) showToast(COPY_REFUSED);
          });
        }}
      />
    </div>
  );
}
