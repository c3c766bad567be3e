import type { ServiceAnswer } from '../collector/service.js';
import type { Profile } from '../profile/profile.js';

// A browser must not take text for a page.
const common = { 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store' };

function answer(
  status: number,
  headers: Record<string, string>,
  body: string | Uint8Array<ArrayBuffer>,
): ServiceAnswer {
  return { status, headers: { ...headers, ...common }, body: typeof body === 'string' ? encode(body) : body };
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** @param filename What a browser saves it as; Go's names. */
export async function profileAnswer(profile: Profile, filename: string): Promise<ServiceAnswer> {
  return answer(200, profileHeaders(filename), await profile.encode());
}

/** What a HEAD request for a profile gets: finding out the length would take as long as the profile. */
export function profileHeadAnswer(filename: string): ServiceAnswer {
  return answer(200, profileHeaders(filename), '');
}

function profileHeaders(filename: string): Record<string, string> {
  return {
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': `attachment; filename="${filename}"`,
  };
}

export function textAnswer(text: string): ServiceAnswer {
  return answer(200, { 'Content-Type': 'text/plain; charset=utf-8' }, text);
}

export function pageAnswer(html: string): ServiceAnswer {
  const headers = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': "default-src 'none'" };
  return answer(200, headers, html);
}

export function redirectAnswer(location: string): ServiceAnswer {
  return answer(301, { 'Content-Type': 'text/plain; charset=utf-8', Location: location }, `${location}\n`);
}

/** An error as Go's handlers give it: one line of text, marked as their own. */
export function errorAnswer(status: number, message: string, headers: Record<string, string> = {}): ServiceAnswer {
  return answer(status, { 'Content-Type': 'text/plain; charset=utf-8', 'X-Go-Pprof': '1', ...headers }, `${message}\n`);
}
