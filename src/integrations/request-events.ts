/** What this needs of Node's `IncomingMessage`. */
export interface RequestEvents {
  emit(event: string | symbol, ...values: unknown[]): boolean;
}

/**
 * Has each event of a request come by `run`, which puts it into the request's context. They come from the connection, which
 * knows nothing of the request, and it is by them that a body is read and parsed.
 */
export function redirectEvents(request: RequestEvents, run: (emit: () => boolean) => boolean): void {
  const { emit } = request;
  request.emit = (...event) => run(() => emit.apply(request, event));
}
