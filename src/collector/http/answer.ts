import type { Profile } from '../../profile/profile.js';
import { answer, type ServiceAnswer } from '../../protocol/service.js';

/**
 * Labels have names that scrapers can store.
 * @param filename What a browser saves it as; Go's names.
 */
export async function profileAnswer(profile: Profile, filename: string): Promise<ServiceAnswer> {
  return answer(200, profileHeaders(filename), await profile.withPrometheusNames().encode());
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

/** The page of reports brings its rules along: one script, by its hash, that asks this server alone. */
export function reportPageAnswer(html: string): ServiceAnswer {
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': "frame-ancestors 'none'",
    'Referrer-Policy': 'no-referrer',
  };
  return answer(200, headers, html);
}
