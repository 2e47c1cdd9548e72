export default function SharedScreenSlot({ data }: { readonly data: string }) {
  return (
    <div className="mx-auto w-full max-w-[50rem] px-5 py-10">
      <h1 className="font-serif text-2xl font-semibold">Shared transcript</h1>
      <p className="mt-2 text-sm text-ink-muted">{data.length} characters in this link.</p>
    </div>
  );
}
