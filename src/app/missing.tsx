export interface MissingProps {
  readonly open: (path: string) => void;
}

export function Missing({ open }: MissingProps) {
  return (
    <div className="mx-auto w-full max-w-measure px-5 py-12">
      <h1 className="font-serif text-xl font-semibold">There is no such page</h1>
      <p className="mt-2 text-sm text-ink-muted">
        The address may be cut off or mistyped.{' '}
        <button
          type="button"
          className="text-accent underline underline-offset-2"
          onClick={() => {
            open('/');
          }}
        >
          Go to the chat
        </button>
      </p>
    </div>
  );
}
