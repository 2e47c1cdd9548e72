import { NoticeText } from '../notice/notice-text.tsx';

export default function AboutScreen() {
  return (
    <div className="mx-auto w-full max-w-[50rem] px-5 py-10 lg:px-8">
      <h1 className="font-serif text-2xl font-semibold">About</h1>
      <p className="mt-3 font-serif text-base">
        Meditron Web runs Meditron-7B, an open medical language model, on your own graphics processor, inside
        this page. It is an instrument for studying medicine and for studying the model, never for care.
      </p>
      <h2 className="mt-8 mb-3 border-b border-line pb-1 font-serif text-lg font-semibold">
        Advisory notice
      </h2>
      <NoticeText />
      <p className="mt-8 text-xs text-ink-muted">Meditron Web {__APP_VERSION__}</p>
    </div>
  );
}
