import { readFileSync } from 'node:fs';
import type { IncomingMessage, RequestOptions } from 'node:http';
import type { PushCertificates } from '../../protocol/push-settings.js';
import { lookup } from './lookup.js';

/** What is read of an answer; servers that have more to say are not listened to. */
const mostAnswerBytes = 64 * 1024;

export interface Message {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As far as it came; none of it where it is packed all the same. */
  readonly body: Uint8Array;
}

/** Nothing that could be understood came back. */
export class ExchangeError extends Error {
  /** Whether what came back was no HTTP: the same would come again. */
  readonly isGarbage: boolean;

  constructor(message: string, isGarbage: boolean) {
    super(message);
    this.isGarbage = isGarbage;
  }
}

/**
 * What does a server say to a message? Each exchange has a connection of its own: one that is kept between two intervals is
 * closed by most servers just when it is wanted again. Redirections are answers like others: where a token may go, its owner says.
 *
 * @param timeoutMs for all of it, however slowly the server answers
 * @param signal Gives it up.
 * @throws {ExchangeError}
 */
export function exchange(
  message: Message,
  certificates: PushCertificates,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new ExchangeError('given up', false));
      return;
    }
    const { url, headers, body } = message;
    const isSecure = url.startsWith('https:');
    // Loaded only now: a collector that pushes nothing starts sooner.
    const { request } = process.getBuiltinModule(isSecure ? 'node:https' : 'node:http');
    const options: RequestOptions = {
      method: 'POST',
      headers: {
        ...headers,
        'content-length': String(body.length),
        'user-agent': 'profbuf',
        // What is said is quoted, as it comes.
        'accept-encoding': 'identity',
        connection: 'close',
      },
      agent: false,
      lookup,
    };
    const settle = (action: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      action();
      outgoing.destroy();
    };
    let begun: IncomingMessage | undefined;
    const fail = (error: NodeJS.ErrnoException) => settle(() => reject(failure(error)));
    const outgoing = request(url, { ...options, ...(isSecure ? identity(certificates) : {}) }, (incoming) => {
      begun = incoming;
      readAnswer(incoming, (answer) => settle(() => resolve(answer)));
    });
    const timer = setTimeout(() => {
      // Who has begun to answer has said what counts.
      if (begun === undefined) fail(new Error(`no answer within ${timeoutMs / 1000} s`));
      else begun.destroy();
    }, timeoutMs);
    const abort = () => fail(new Error('given up'));
    signal.addEventListener('abort', abort);
    // It comes again for what happens to a connection that is not wanted any more.
    outgoing.on('error', fail);
    outgoing.on('close', () => fail(new Error('the connection was closed')));
    outgoing.end(body);
  });
}

/** @param onAnswer Called once: when all of it is there, or no more will come, or enough has. */
function readAnswer(incoming: IncomingMessage, onAnswer: (answer: Answer) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  const { 'content-encoding': encoding = 'identity' } = incoming.headers;
  const end = () => {
    const isPlain = encoding.toLowerCase() === 'identity';
    const body = isPlain ? Buffer.concat(chunks) : new Uint8Array();
    onAnswer({ status: incoming.statusCode ?? 0, headers: incoming.headers, body });
  };
  incoming.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= mostAnswerBytes) chunks.push(chunk);
    else end();
  });
  // The status is known, which is what counts.
  incoming.on('error', end);
  incoming.on('aborted', end);
  incoming.on('end', end);
  incoming.on('close', end);
}

/** As Node's parser has it. */
interface AnswerError extends NodeJS.ErrnoException {
  /** The bytes that it could not read. */
  readonly rawPacket?: Buffer;
}

function failure({ code = '', message, rawPacket }: AnswerError): ExchangeError {
  if (rawPacket !== undefined && isHttp2(rawPacket)) {
    return new ExchangeError('what came back is HTTP/2, as of a port for gRPC: OTLP over HTTP has another, 4318', true);
  }
  // Node's parser of HTTP, and TLS where a server without it answers.
  const isGarbage = code.startsWith('HPE_') || code === 'EPROTO' || code.startsWith('ERR_SSL_');
  return new ExchangeError(isGarbage ? `what came back is no HTTP (${code})` : message || code, isGarbage);
}

/** Its first frame is SETTINGS, of the connection: six bytes each, and so no more than a few hundred. */
function isHttp2(bytes: Uint8Array): boolean {
  const [long, , length = 0, type, , ...stream] = bytes.subarray(0, 9);
  return long === 0 && length % 6 === 0 && type === 4 && stream.length === 4 && stream.every((byte) => byte === 0);
}

function identity({ authorities, usualAuthorities, certificate, key }: PushCertificates) {
  const read = (path: string | undefined) => (path === undefined ? undefined : readFileSync(path));
  const { rootCertificates } = process.getBuiltinModule('node:tls');
  const ca = read(authorities);
  // A list takes the place of all whom Node trusts by itself.
  const all = ca === undefined ? {} : { ca: [...rootCertificates, ...usual(usualAuthorities), ca] };
  return { ...all, cert: read(certificate), key: read(key) };
}

function usual(path: string | undefined): Buffer[] {
  try {
    return path === undefined ? [] : [readFileSync(path)];
  } catch {
    // Node has warned at its start, and goes on without.
    return [];
  }
}
