import { lazy, Suspense, useState } from 'react';

const ApacheText = lazy(() => import('./apache-text.tsx'));

/** Who owns what, in a line each, and the texts. */
export function Licences() {
  const [open, setOpen] = useState(false);
  return (
    <div className="grid gap-4">
      <dl className="grid gap-3 text-sm">
        <div>
          <dt className="font-medium">This app, and its Demo model</dt>
          <dd>Apache License 2.0.</dd>
        </div>
        <div>
          <dt className="font-medium">Meditron’s own code</dt>
          <dd>Apache License 2.0, by the EPFL LLM Team. None of it is in this app.</dd>
        </div>
        <div>
          <dt className="font-medium">Weights of Meditron-7B</dt>
          <dd>
            Llama 2 is licensed under the LLAMA 2 Community License, Copyright (c) Meta Platforms, Inc. All
            Rights Reserved. Nothing of the weights comes with this app: you fetch them and accept the licence
            then.{' '}
            <a
              className="text-accent underline underline-offset-2"
              href="https://ai.meta.com/llama/license/"
              target="_blank"
              rel="noreferrer"
            >
              Its text
            </a>{' '}
            (opens Meta’s site).
          </dd>
        </div>
        <div>
          <dt className="font-medium">Everything the app is built from</dt>
          <dd>
            Named with licences and notices in{' '}
            <a className="text-accent underline underline-offset-2" href="./THIRD_PARTY.md">
              THIRD_PARTY.md
            </a>
            , and as a bill of materials in{' '}
            <a className="text-accent underline underline-offset-2" href="./sbom.cdx.json">
              sbom.cdx.json
            </a>
            .
          </dd>
        </div>
      </dl>
      <details
        className="text-sm"
        onToggle={(event) => {
          setOpen(event.currentTarget.open);
        }}
      >
        <summary className="font-medium">The Apache License 2.0 in full</summary>
        {open && (
          <Suspense fallback={<p className="mt-2 text-ink-muted">Opening…</p>}>
            <ApacheText />
          </Suspense>
        )}
      </details>
    </div>
  );
}
