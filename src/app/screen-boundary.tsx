import { Component, type ReactNode } from 'react';
import { toAppError, type AppError } from '../errors/app-error.ts';
import { Button } from '../ui/button.tsx';
import { ErrorAlert } from '../ui/feedback/error-alert.tsx';

interface ScreenBoundaryProps {
  /** A new value (another screen, another chat) is a new start. */
  readonly place: string;
  readonly children: ReactNode;
}

interface State {
  readonly error: AppError | null;
  readonly place: string;
}

/**
 * Keeps a fault within its screen. What the composer held is in the drafts' store, not in the screen, so "Try again"
 * brings it back.
 */
export class ScreenBoundary extends Component<ScreenBoundaryProps, State> {
  override state: State = { error: null, place: this.props.place };

  static getDerivedStateFromError(thrown: unknown): Partial<State> {
    return { error: toAppError(thrown) };
  }

  static getDerivedStateFromProps(props: ScreenBoundaryProps, state: State): Partial<State> | null {
    return props.place === state.place ? null : { error: null, place: props.place };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div className="mx-auto w-full max-w-measure px-5 py-10">
        <h1 className="mb-4 font-serif text-xl font-semibold">This screen has stopped</h1>
        <ErrorAlert error={error} action="Your chats and what you were typing are kept.">
          <Button
            size="small"
            look="primary"
            onClick={() => {
              this.setState({ error: null });
            }}
          >
            Try again
          </Button>
          <Button
            size="small"
            onClick={() => {
              location.reload();
            }}
          >
            Reload the page
          </Button>
        </ErrorAlert>
      </div>
    );
  }
}
