/** A person's rating of one of the replies to a question of a run. */
import { z } from '../../lib/zod.ts';
import { ratingSchema } from '../../lib/rating.ts';
import { MAX_BRANCHES } from './run-plan.ts';

export const replyRatingSchema = ratingSchema.extend({
  /** Which of the replies was shown and rated. Ratings without it were of the first. */
  reply: z
    .number()
    .int()
    .min(0)
    .max(MAX_BRANCHES - 1)
    .optional(),
});

export type ReplyRating = Readonly<z.infer<typeof replyRatingSchema>>;
