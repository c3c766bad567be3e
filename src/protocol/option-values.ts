import { addressForm, type HttpAddress, loopback, parseAddress } from './http-address.js';
import type { HttpOptions } from './messages.js';

/** What is wrong with a sample rate, if anything. */
export function sampleRateProblem(rate: unknown): string | undefined {
  if (typeof rate === 'number' && rate >= 1 && rate <= 10_000) return undefined;
  return `${String(rate)} is no sample rate: samples a second are a number from 1 to 10000`;
}

export const defaultLabelBufferWords = 2 ** 17;

/** What is wrong with the capacity of a ring of label switches, if anything. */
export function labelBufferProblem(words: unknown): string | undefined {
  const isFit = typeof words === 'number' && words >= 64 && words <= 2 ** 24 && Number.isInteger(Math.log2(words));
  return isFit ? undefined : `${String(words)} is no capacity: words are a power of two from 64 to 2^24 (16777216)`;
}

/** As `http` is given to `startProfiler`: a port, `[HOST:]PORT`, or both and a token. */
export type HttpSetting = number | string | { readonly port: number; readonly host?: string; readonly token?: string };

/** Loopback, unless a host is named. */
export function httpOptions(setting: HttpSetting): HttpOptions | { readonly problem: string } {
  if (typeof setting === 'object' && setting !== null) {
    const { port, host = loopback } = setting;
    const isHost = typeof host === 'string' && host !== '';
    if (!isPort(port) || !isHost) return { problem: `${String(host)}:${String(port)} is no address: ${addressForm}` };
    // Whoever passes on a variable that is not set must not open the server to everybody.
    return 'token' in setting ? withToken({ host, port }, setting.token) : { host, port };
  }
  const address = typeof setting === 'string' ? parseAddress(setting) : undefined;
  if (address !== undefined) return address;
  if (isPort(setting)) return { host: loopback, port: setting };
  return { problem: `${String(setting)} is no address: ${addressForm}` };
}

/** The same with a token, without which nobody is answered then. */
export function withToken(address: HttpAddress, token: unknown): HttpOptions | { readonly problem: string } {
  return isToken(token) ? { ...address, token } : { problem: `${tokenFault(token)}; ${tokenForm}` };
}

const tokenForm =
  'a token is 1 to 1000 letters, digits and characters of -._~+/=, and who wants to serve without one leaves it out';

function isToken(token: unknown): token is string {
  return typeof token === 'string' && /^[\w.~+/=-]{1,1000}$/.test(token);
}

/** What is wrong with it, without a word of it: it may be the secret all the same. */
function tokenFault(token: unknown): string {
  if (typeof token !== 'string') return `the token is ${token === null ? 'null' : typeof token}`;
  if (token === '') return 'the token is empty';
  if (token.length > 1000) return `the token has ${token.length} characters`;
  const isNewline = token !== token.trimEnd();
  return isNewline ? 'the token ends in white space, as a file does in a newline' : 'the token has other characters';
}

function isPort(port: unknown): port is number {
  return typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= 65_535;
}

/** What is wrong with the length of a stall, if anything. */
export function stallProblem(milliseconds: unknown): string | undefined {
  if (typeof milliseconds === 'number' && milliseconds >= 50 && milliseconds <= 60_000) return undefined;
  return `${String(milliseconds)} is no length of a stall: milliseconds are a number from 50 to 60000`;
}

/** What is wrong with asking for both of `heap` and `allocs` from the start. */
export const heapProblem =
  "V8 has one sampler of a thread's heap, for what is in use or for what is allocated: ask for one of them";
