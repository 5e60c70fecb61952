import { ANSWER_MS } from './conversation.js';
import { StepFault, faultOf } from './steps.js';

/** Opens a WebSocket and hangs up. Throws StepFault. */
export function openWebSocket(url: string): Promise<true> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    const done = (settle: () => void): void => {
      clearTimeout(timer);
      socket.close();
      settle();
    };
    const fail = (kind: 'closed' | 'silent'): void =>
      done(() => reject(new StepFault(kind, `${url} opens no WebSocket`)));
    const timer = setTimeout(() => fail('silent'), ANSWER_MS);
    socket.onopen = () => done(() => resolve(true));
    socket.onerror = () => fail('closed');
  });
}

/** Asks for a page; any answer that is no failure of the server will do. Throws StepFault. */
export async function openPage(url: string): Promise<true> {
  const response = await fetch(url, {
    signal: AbortSignal.timeout(ANSWER_MS),
    redirect: 'manual',
  }).catch((error: unknown) => {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    throw isLate ? new StepFault('silent', `${url} does not answer`) : faultOf(cause);
  });
  await response.body?.cancel();
  if (response.status >= 500) throw new StepFault('broken', `${url} answers ${response.status}`);
  return true;
}
