export function App() {
  return <p className="p-8 font-serif text-xl">Meditron Web</p>;
}
