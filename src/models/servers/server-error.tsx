import type { AppError } from '../../errors/app-error.ts';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';

/** An error of a server with what is known of this one: which line a policy lacks, what the server said. */
export function ServerError({ error }: { readonly error: AppError }) {
  const { needs, said, models, problem } = error.details;
  return (
    <ErrorAlert
      error={error}
      {...(error.code === 'server/bad-address' && { action: `As typed, ${String(problem)}.` })}
    >
      {typeof needs === 'string' && (
        <div className="basis-full text-sm">
          <p>The line of the page’s Content-Security-Policy must be:</p>
          <code className="mt-1 block bg-sunken p-2 font-mono text-xs [overflow-wrap:anywhere]">{needs}</code>
        </div>
      )}
      {typeof said === 'string' && said !== '' && (
        <p className="basis-full text-sm [overflow-wrap:anywhere]">The server said: “{said}”</p>
      )}
      {typeof models === 'string' && models !== '' && (
        <p className="basis-full text-sm [overflow-wrap:anywhere]">It has: {models}</p>
      )}
    </ErrorAlert>
  );
}
