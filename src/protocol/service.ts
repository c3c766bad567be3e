import type { OwnBytes } from '../profile/own-bytes.js';

/** Where the endpoints are, on a server of their own and wherever a program mounts them. */
export const prefix = '/debug/pprof/';

/** A question to the collector's HTTP endpoints, from wherever it came. */
export interface ServiceRequest {
  readonly method: string;
  /** Path and query, as in the first line of a request. */
  readonly target: string;
}

export interface ServiceAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: OwnBytes;
}

// A browser must not take text for a page.
const common = { 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store' };

export function answer(status: number, headers: Record<string, string>, body: string | OwnBytes): ServiceAnswer {
  return { status, headers: { ...headers, ...common }, body: typeof body === 'string' ? encode(body) : body };
}

function encode(text: string): OwnBytes {
  return new TextEncoder().encode(text);
}

export function redirectAnswer(location: string): ServiceAnswer {
  return answer(301, { 'Content-Type': 'text/plain; charset=utf-8', Location: location }, `${location}\n`);
}

/** An error as Go's handlers give it: one line of text, marked as their own. */
export function errorAnswer(status: number, message: string, headers: Record<string, string> = {}): ServiceAnswer {
  return answer(status, { 'Content-Type': 'text/plain; charset=utf-8', 'X-Go-Pprof': '1', ...headers }, `${message}\n`);
}
