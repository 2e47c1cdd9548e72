import text from '../../../LICENSE?raw';

export default function ApacheText() {
  return (
    <section
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolled text must be reachable by keyboard
      tabIndex={0}
      aria-label="Apache License 2.0"
      className="mt-2 max-h-96 overflow-auto bg-sunken p-4"
    >
      <pre className="font-mono text-xs whitespace-pre-wrap">{text}</pre>
    </section>
  );
}
