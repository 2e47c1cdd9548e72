/** Ratings of a run's written answers as rows. */
import type { RatingRow } from '../../lib/rating.ts';
import type { ReplyRating } from '../runs/reply-rating.ts';
import { whereText } from '../runs/result.ts';
import type { RunReport } from './report.ts';

/** JSON lines: the rating platform's members, and where the answers were written. The model's name comes with the export, not while rating. */
export function ratingRows(report: RunReport, ratings: ReadonlyMap<number, ReplyRating>): string {
  const { model } = report.run;
  const ranOn = model ? `${model.engine} ${model.engineVersion}, ${whereText(model)}` : '';
  return report.results
    .flatMap((result) => {
      const rating = ratings.get(result.n);
      if (!rating) return [];
      const row: RatingRow & { readonly ran_on_1: string } = {
        id: `${report.run.id}/${result.n}`,
        pair_id: null,
        prompt: report.items.get(result.itemId)?.question ?? '',
        model_1: model?.displayName ?? '',
        model_1_answer: result.replies[rating.reply ?? 0]?.text ?? '',
        model_2: null,
        model_2_answer: null,
        scores: rating.scores,
        flags: rating.flags,
        winner: null,
        was_swapped: false,
        ran_on_1: ranOn,
      };
      return [`${JSON.stringify(row)}\n`];
    })
    .join('');
}
