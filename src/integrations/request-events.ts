import type { Labels } from '../labels/index.js';
import { withExtraLabels } from './best-effort.js';

/** What this needs of Node's `IncomingMessage`. */
export interface RequestEvents {
  emit(event: string | symbol, ...values: unknown[]): boolean;
}

/**
 * Has a request's events run under its labels, those of the moment. They come from the connection, which knows nothing of the
 * request, and it is by them that a body is read and parsed.
 */
export function labelEvents(request: RequestEvents, labels: () => Labels): void {
  const { emit } = request;
  request.emit = (...event) => withExtraLabels({}, labels(), () => emit.apply(request, event));
}
