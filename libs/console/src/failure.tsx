import type { JSX } from 'preact';

/** Says what went wrong, and offers to try again where that can help. */
export function Failure({ error, again }: { error: string; again?: () => void }): JSX.Element {
  return (
    <p class="error" role="alert">
      {error}{' '}
      {again && (
        <button class="quiet" onClick={again}>
          Try again
        </button>
      )}
    </p>
  );
}
