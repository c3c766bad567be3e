import { addressForm, loopback, parseAddress } from './http-address.js';
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
    const { port, host = loopback, token } = setting;
    const isHost = typeof host === 'string' && host !== '';
    if (!isPort(port) || !isHost) return { problem: `${String(host)}:${String(port)} is no address: ${addressForm}` };
    if (token === undefined) return { host, port };
    const problem = tokenProblem(token);
    return problem === undefined ? { host, port, token } : { problem };
  }
  const address = typeof setting === 'string' ? parseAddress(setting) : undefined;
  if (address !== undefined) return address;
  if (isPort(setting)) return { host: loopback, port: setting };
  return { problem: `${String(setting)} is no address: ${addressForm}` };
}

/** What is wrong with a token, if anything. */
export function tokenProblem(token: unknown): string | undefined {
  if (typeof token === 'string' && /^[\w.~+/=-]{1,1000}$/.test(token)) return undefined;
  return 'a token is 1 to 1000 letters, digits and characters of -._~+/=';
}

function isPort(port: unknown): port is number {
  return typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= 65_535;
}

/** What is wrong with the length of a stall, if anything. */
export function stallProblem(milliseconds: unknown): string | undefined {
  if (typeof milliseconds === 'number' && milliseconds >= 50 && milliseconds <= 60_000) return undefined;
  return `${String(milliseconds)} is no length of a stall: milliseconds are a number from 50 to 60000`;
}
