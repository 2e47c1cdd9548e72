import { ADVISORY_QUOTE, noticeParagraphs, QUOTE_AUTHOR, QUOTE_SOURCE } from './text.ts';

/** The whole notice, without a frame. @param props.server what the server in use is called; null: words stay on this machine. */
export function NoticeText({ server }: { readonly server: string | null }) {
  return (
    <div className="grid gap-5 font-serif text-base">
      <figure className="grid gap-2 border-l-3 border-warn pl-4">
        <blockquote cite={QUOTE_SOURCE.url}>
          <p>{ADVISORY_QUOTE}</p>
        </blockquote>
        <figcaption className="font-sans text-xs text-ink-muted">
          {QUOTE_AUTHOR},{' '}
          <a
            href={QUOTE_SOURCE.url}
            target="_blank"
            rel="noopener noreferrer"
            className="text-accent underline underline-offset-2"
          >
            {QUOTE_SOURCE.text}
          </a>
        </figcaption>
      </figure>
      {noticeParagraphs(server).map(({ heading, text }) => (
        <section key={heading}>
          <h3 className="side-head">{heading}</h3>
          <p>{text}</p>
        </section>
      ))}
    </div>
  );
}
