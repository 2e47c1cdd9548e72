import type { ReactNode } from 'react';
import { serverTitle } from '../../engine/tab/server-title.ts';
import { useWordsGoTo } from '../../engine/tab/where-words-go.ts';
import { NoticeText } from '../../notice/notice-text.tsx';
import { BuildLine } from './build-line.tsx';
import { Citation } from './citation.tsx';
import { Licences } from './licences.tsx';
import { Results } from './results.tsx';

/** The app in a paragraph, and its model's card in our own words. */
export default function AboutScreen() {
  const server = useWordsGoTo();
  return (
    <div className="mx-auto grid w-full max-w-[50rem] gap-12 px-5 py-10 lg:px-8">
      <header>
        <h1 className="font-serif text-2xl font-semibold">About</h1>
        <p className="mt-3 max-w-measure font-serif text-base">
          Meditron Web runs Meditron-7B, an open medical language model, on your own graphics processor,
          inside this page. It is an instrument for studying medicine and for studying the model, never for
          care.
        </p>
      </header>
      <Part title="Advisory notice">
        <NoticeText server={server && serverTitle(server)} />
      </Part>
      <Part title="The model">
        <p className="max-w-measure font-serif text-base">
          Meditron-7B is Llama-2-7B that read on: clinical practice guidelines from hospitals and
          international bodies, medical papers and their abstracts, and some general text so as not to forget
          how people write. It learned to continue such text. Nobody taught it to follow instructions or to
          talk, which is why the app puts a worked example before your question.
        </p>
        <dl className="grid grid-cols-[auto_1fr] gap-x-6 border-t border-line text-sm">
          {FACTS.map(([name, value]) => (
            <div key={name} className="col-span-2 grid grid-cols-subgrid border-b border-line py-1.5">
              <dt className="text-ink-muted">{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </Part>
      <Part title="How well it does">
        <Results />
      </Part>
      <Part title="What for, and what not">
        <div className="grid gap-6 sm:grid-cols-2">
          <div>
            <h3 className="side-head">To be studied with</h3>
            <ul className="mt-1 grid list-disc gap-1 pl-5 font-serif text-base">
              <li>Exam questions, answered and compared with the key</li>
              <li>Differential diagnoses, as a list to be argued with</li>
              <li>Diseases: their signs, causes and treatments</li>
              <li>General questions about health</li>
              <li>Research on prompts, calibration, bias and safety</li>
            </ul>
          </div>
          <div>
            <h3 className="side-head">Out of scope</h3>
            <ul className="mt-1 grid list-disc gap-1 pl-5 font-serif text-base">
              <li>Any use that may affect a person: care, triage, advice</li>
              <li>Production, fine-tuned or not</li>
              <li>Deciding anything without someone who checks</li>
            </ul>
          </div>
        </div>
        <div>
          <h3 className="side-head">Known to go wrong</h3>
          <ul className="mt-1 grid max-w-measure list-disc gap-1 pl-5 font-serif text-base">
            <li>It invents, fluently. How sure it sounds says nothing.</li>
            <li>
              <code className="font-mono text-sm">[bib_ref]</code> in a reply looks like a citation and is
              none: it is a scar of the papers it read.
            </li>
            <li>A bare greeting makes it loop. Ask a whole question.</li>
            <li>Beyond 2,048 tokens the oldest messages are left out.</li>
            <li>Bias, fairness and harm were hardly examined by anyone yet.</li>
          </ul>
        </div>
      </Part>
      <Part title="Licences">
        <Licences />
      </Part>
      <Part title="Cite it">
        <Citation />
      </Part>
      <BuildLine />
    </div>
  );
}

const FACTS: readonly (readonly [string, string])[] = [
  ['Made by', 'EPFL LLM Team'],
  ['Built on', 'Llama-2-7B, by training it further'],
  ['State', 'Base model: no instruction tuning'],
  ['Shape', 'Decoder-only transformer, 32 layers, 4,096 wide, 32 heads'],
  ['Reads at most', '2,048 tokens, question and reply together'],
  ['Vocabulary', '32,017 pieces, 17 of them its own'],
  ['Language', 'English, mainly'],
  ['Trained', 'September 2023, on text up to August 2023'],
  ['Weights', 'Llama 2 Community License'],
];

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const id = `about-${title.toLowerCase().replace(/[^a-z]+/g, '-')}`;
  return (
    <section aria-labelledby={id} className="grid gap-5">
      <h2 id={id} className="border-b border-line pb-1 font-serif text-lg font-semibold">
        {title}
      </h2>
      {children}
    </section>
  );
}
