import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Metrics } from '@waystation/ops';

/** From a read out of memory to a large address book on a slow disk. */
const BUCKETS_SECONDS = [0.002, 0.01, 0.05, 0.25, 1, 5];

type Next = () => void;

/** Counts requests by method and status and measures how long they take. */
export function requestMetrics(
  metrics: Metrics,
): (request: IncomingMessage, response: ServerResponse, next: Next) => void {
  const requests = metrics.counter('api_requests_total', 'Requests answered', ['method', 'status']);
  const seconds = metrics.histogram(
    'api_request_duration_seconds',
    'From the head of a request to the end of its answer',
    BUCKETS_SECONDS,
  );
  return (request, response, next) => {
    const begun = performance.now();
    response.once('finish', () => {
      requests.inc({ method: known(request.method), status: String(response.statusCode) });
      seconds.observe((performance.now() - begun) / 1000);
    });
    next();
  };
}

/** A label takes no value that a stranger invents. */
function known(method = ''): string {
  return ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'].includes(method) ? method : 'other';
}
