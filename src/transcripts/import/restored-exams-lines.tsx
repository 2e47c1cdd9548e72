import { count } from './count.ts';
import type { RestoredExams } from './read-result.ts';

/** What became of the exams in a backup. Nothing where it had none. */
export function RestoredExamsLines({ exams }: { readonly exams: RestoredExams }) {
  const { sets, runs, refused, completed, kept } = exams;
  return (
    <>
      {sets + runs > 0 && (
        <p>
          {count(sets, 'question set')} and {count(runs, 'run')} came in.
        </p>
      )}
      {completed > 0 && (
        <p>
          {count(completed, 'run')} that {completed === 1 ? 'was' : 'were'} here in part{' '}
          {completed === 1 ? 'is' : 'are'} now as in the file.
        </p>
      )}
      {kept.length > 0 && (
        <>
          <p>
            {count(kept.length, 'run')} {kept.length === 1 ? 'is' : 'are'} here with other answers than in the
            file. A run is never mixed from two:{' '}
            {kept.length === 1 ? 'it stays as it is' : 'they stay as they are'} here. To see the file’s, open
            the file in another browser or profile, or delete the run here first.
          </p>
          <ul className="list-disc pl-5">
            {kept.slice(0, 200).map((title, index) => (
              <li key={index}>{title}</li>
            ))}
          </ul>
        </>
      )}
      {refused > 0 && <p>{count(refused, 'row')} of the exams could not be read.</p>}
    </>
  );
}
