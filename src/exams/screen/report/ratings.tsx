import { useState } from 'react';
import { useLive } from '../../../conversations/panel/hooks.ts';
import { conversationStore } from '../../../conversations/data/store.ts';
import { Button } from '../../../ui/button.tsx';
import { ErrorAlert } from '../../../ui/feedback/error-alert.tsx';
import { CRITERIA, type Rating } from '../../../lib/rating.ts';
import { RatingFields } from '../../../ratings/rating-fields.tsx';
import { fileName } from '../../../transcripts/format/file-name.ts';
import { download } from '../../../transcripts/export/save-file.ts';
import { keepRating, readRatings } from '../../data/ratings.ts';
import { ratingRows } from '../../export/rating-rows.ts';
import { decidingIndex, decidingReply, type RunReport } from '../../export/report.ts';
import { seededRandom, shuffled } from '../../runs/random.ts';
import { useAct } from '../use-act.ts';

/** People rate what the model wrote: nine criteria and what is wrong with it, without its name and in an order of their own. */
export function Ratings({ report }: { readonly report: RunReport }) {
  const [open, setOpen] = useState(false);
  const ratings = useLive(`exam-ratings/${report.run.id}`, (store) => readRatings(store, report.run.id));
  const { act, error } = useAct();
  const asked = report.results.filter(({ replies }) => replies.length > 0);
  const order = shuffled(asked, seededRandom(report.run.plan.seed));
  const next = order.find(({ n }) => !ratings?.has(n));
  if (!ratings || asked.length === 0) return null;
  return (
    <section aria-labelledby="ratings-title" className="grid gap-3">
      <h2 id="ratings-title" className="font-serif text-lg font-semibold">
        Rating by people
      </h2>
      <p className="tabular text-sm">
        {ratings.size} of {asked.length} written answers are rated.
      </p>
      <div className="flex flex-wrap gap-2">
        <Button
          size="small"
          onClick={() => {
            setOpen(!open);
          }}
        >
          {open ? 'Stop rating' : 'Rate answers'}
        </Button>
        {ratings.size > 0 && (
          <Button
            size="small"
            onClick={() => {
              const text = ratingRows(report, ratings);
              download(
                new File([text], fileName(`${report.run.plan.setTitle} ratings`, Date.now(), '.jsonl'), {
                  type: 'application/jsonl',
                }),
              );
            }}
          >
            Export ratings
          </Button>
        )}
      </div>
      {error && <ErrorAlert error={error} />}
      {open && !next && <p className="text-sm">Every answer is rated.</p>}
      {open && next && (
        <RatingForm
          key={next.n}
          question={report.items.get(next.itemId)?.question ?? ''}
          reply={decidingReply(next)?.text ?? ''}
          of={next.replies.length}
          onRate={(rating) => {
            const rated = { ...rating, reply: decidingIndex(next) };
            act(async () => keepRating(await conversationStore(), report.run.id, next.n, rated));
          }}
        />
      )}
    </section>
  );
}

function RatingForm({
  question,
  reply,
  of,
  onRate,
}: {
  readonly question: string;
  readonly reply: string;
  /** How many replies the question has. */
  readonly of: number;
  readonly onRate: (rating: Rating) => void;
}) {
  const [scores, setScores] = useState<Rating['scores']>({});
  const [flags, setFlags] = useState<Rating['flags']>([]);
  return (
    <form
      className="grid gap-4 border-l border-line pl-4"
      onSubmit={(event) => {
        event.preventDefault();
        onRate({ scores, flags, at: Date.now() });
      }}
    >
      <p className="font-serif text-base">{question}</p>
      <blockquote className="border-l-3 border-line pl-3 font-serif text-base whitespace-pre-wrap">
        {reply}
      </blockquote>
      {of > 1 && (
        <p className="text-xs text-ink-muted">Of its {of} replies the one that its answer was read from.</p>
      )}
      <RatingFields
        scores={scores}
        flags={flags}
        onChange={(next) => {
          setScores(next.scores);
          setFlags(next.flags);
        }}
      />
      <Button
        type="submit"
        look="primary"
        className="justify-self-start"
        disabled={Object.keys(scores).length < CRITERIA.length}
      >
        Keep and go on
      </Button>
    </form>
  );
}
