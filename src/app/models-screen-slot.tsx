export default function ModelsScreenSlot() {
  return (
    <div className="mx-auto w-full max-w-[50rem] px-5 py-10">
      <h1 className="font-serif text-2xl font-semibold">Models</h1>
    </div>
  );
}
