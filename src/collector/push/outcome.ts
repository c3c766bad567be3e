import { partialSuccessField, responseField } from '../../profile/otlp/fields.js';
import { ProtobufReader } from '../../profile/pprof/protobuf.js';
import type { PushProtocol } from '../../protocol/push-settings.js';
import { type Answer, ExchangeError } from './exchange.js';

/** What an answer means for the profile that was sent. */
export type Outcome =
  | { readonly kind: 'delivered' }
  /** The same would be said again. */
  | { readonly kind: 'refused'; readonly reason: string; readonly words: string }
  /** A later time may do. */
  | { readonly kind: 'later'; readonly reason: string; readonly words: string; readonly afterMs: number };

const mostWords = 300;

/** @param secrets What the server may not be quoted with. */
export function outcomeOf(answer: Answer, protocol: PushProtocol, secrets: readonly string[]): Outcome {
  const { status, headers, body } = answer;
  if (status >= 200 && status < 300) return protocol === 'otlp' ? partialSuccess(body, secrets) : { kind: 'delivered' };
  const words = quoted(new TextDecoder().decode(body), secrets);
  const reason = `status ${status}`;
  if (isForLater(status, protocol))
    return { kind: 'later', reason, words, afterMs: retryAfterMs(headers['retry-after']) };
  const { location } = headers;
  if (status < 400 && typeof location === 'string') {
    return { kind: 'refused', reason, words: `it redirects to ${quoted(location.replace(/[?#].*$/s, ''), secrets)}` };
  }
  return { kind: 'refused', reason, words };
}

/**
 * May the same be taken another time? OTLP's specification names four, and wants nothing else sent again: a Collector says 500 of
 * what it will never take. Pyroscope says 500 also while its own parts are not there.
 */
function isForLater(status: number, protocol: PushProtocol): boolean {
  return status === 429 || (protocol === 'otlp' ? status >= 502 && status <= 504 : status >= 500);
}

/** What is left when there was no answer. */
export function outcomeOfError(error: unknown): Outcome {
  const words = error instanceof Error ? error.message : String(error);
  if (error instanceof ExchangeError && !error.isGarbage) {
    return { kind: 'later', reason: 'no answer', words, afterMs: 0 };
  }
  const isAnswer = error instanceof ExchangeError;
  return { kind: 'refused', reason: isAnswer ? 'no answer that can be understood' : 'it could not be sent', words };
}

/** What a server might repeat that was told in confidence: values of headers, and what they are made of, and those of the URL's query. */
export function secretsIn(headers: Readonly<Record<string, string>>, url: string): string[] {
  const { 'x-scope-orgid': _, ...confidential } = headers;
  const secrets = Object.values(confidential).flatMap((value) => {
    const [, scheme = '', credentials = ''] = /^(Bearer|Basic) (.*)$/.exec(value) ?? [];
    if (scheme !== 'Basic') return [value, credentials];
    const plain = Buffer.from(credentials, 'base64').toString('utf8');
    return [value, credentials, plain, plain.slice(plain.indexOf(':') + 1)];
  });
  const { search, searchParams } = new URL(url);
  // As it was sent, too: servers repeat the request's line.
  secrets.push(search.slice(1), ...searchParams.values());
  for (const part of search.slice(1).split('&')) secrets.push(part.slice(part.indexOf('=') + 1));
  // Longer ones first: a part of one may be another. What is too short would be found anywhere.
  return secrets.filter(({ length }) => length > 2).sort((a, b) => b.length - a.length);
}

/** OTLP says with 200 that it has not taken what was sent. An answer that is no such message is a yes all the same. */
function partialSuccess(body: Uint8Array, secrets: readonly string[]): Outcome {
  let rejected = 0;
  let words = '';
  try {
    const reader = new ProtobufReader(body, 2 ** 20);
    reader.fields((field) => {
      if (field !== responseField.partialSuccess) return;
      reader.message((inner) => {
        if (inner === partialSuccessField.rejectedProfiles) rejected = Number(reader.int64());
        else if (inner === partialSuccessField.errorMessage) words = reader.string();
      });
    });
  } catch {
    return { kind: 'delivered' };
  }
  return rejected > 0
    ? { kind: 'refused', reason: 'partial success', words: quoted(words, secrets) }
    : { kind: 'delivered' };
}

/** In seconds, or as a date. */
export function retryAfterMs(value: string | string[] | undefined): number {
  if (typeof value !== 'string') return 0;
  const ms = /^\d{1,9}$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Math.max(0, ms || 0);
}

/** A server's words in one line, without control characters, which a terminal would obey, and without what was told in confidence. */
export function quoted(text: string, secrets: readonly string[]): string {
  let words = text;
  for (const secret of secrets) words = words.split(secret).join('(secret)');
  words = words.replace(/[\p{C}\p{Z}\s]+/gu, ' ').trim();
  return words.length > mostWords ? `${words.slice(0, mostWords)}…` : words;
}
