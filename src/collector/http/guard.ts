import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '../../protocol/http-address.js';
import type { ServiceAnswer } from '../../protocol/service.js';
import { errorAnswer } from '../../protocol/service.js';

/** Loading it takes the collector 3 ms, at its start: only servers with a token need it. */
const crypto = () => process.getBuiltinModule('node:crypto');

/** Turns away requests that are not from whom the server is for. */
export class Guard {
  readonly #host: string;
  readonly #tokenHash: Buffer | undefined;

  /**
   * @param host What the server is bound to, as it was named.
   * @param token Without which nobody is answered, if there is one.
   */
  constructor(host: string, token: string | undefined) {
    this.#host = host.toLowerCase();
    this.#tokenHash = token === undefined ? undefined : hash(token);
  }

  /** @returns what to answer in place of what was asked for, if the request is turned away. */
  refusal(headers: IncomingHttpHeaders): ServiceAnswer | undefined {
    // A page in a browser on this machine can have its own host name resolve to 127.0.0.1, and then read what is here.
    if (isLoopback(this.#host) && !this.#isOwnName(headers.host)) {
      const message = 'this server is bound to loopback: the Host header must say localhost, or an address of loopback';
      return errorAnswer(403, message);
    }
    // It cannot read what a request across origins gives, but it could make the program collect and collect.
    if (headers['sec-fetch-site'] === 'cross-site' && headers['sec-fetch-dest'] !== 'document') {
      return errorAnswer(403, 'requests by pages of other sites are refused');
    }
    if (this.#tokenHash !== undefined && !this.#hasToken(headers.authorization)) {
      const message =
        'the token is missing or another one: it is asked for as Authorization: Bearer <token>, or as the password of HTTP Basic';
      return errorAnswer(401, message);
    }
    return undefined;
  }

  #isOwnName(header: string | undefined): boolean {
    // With the port of a tunnel, for instance, which is another one.
    const name = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::\d*)?$/i.exec(header ?? '');
    const host = (name?.[1] ?? name?.[2] ?? '').toLowerCase();
    return host !== '' && (host === this.#host || isLoopback(host));
  }

  #hasToken(authorization: string | undefined): boolean {
    // Hashes are of one length, and tell nothing about how much of a guess was right.
    return this.#tokenHash !== undefined && crypto().timingSafeEqual(hash(tokenIn(authorization)), this.#tokenHash);
  }
}

/**
 * What the answer 401 offers: a header line each, for not every client takes a list apart (RFC 9110, 11.6.1). Basic is what
 * browsers ask their user for.
 */
export const challenges: string[] = ['Basic realm="profbuf", charset="UTF-8"', 'Bearer realm="profbuf"'];

/** By HTTP Basic it is the password, of whatever user: that is all that browsers and `go tool pprof` can send. */
function tokenIn(authorization = ''): string {
  const [, scheme = '', credentials = ''] = /^(bearer|basic) +(\S+) *$/i.exec(authorization) ?? [];
  if (scheme.toLowerCase() !== 'basic') return credentials;
  const [, token = ''] = /:(.*)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? [];
  return token;
}

function hash(text: string): Buffer {
  return crypto().createHash('sha256').update(text).digest();
}
