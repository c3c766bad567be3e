import type { ProfileKind } from '../../protocol/messages.js';
import type { ServiceAnswer, ServiceRequest } from '../../protocol/service.js';
import { errorAnswer, prefix, redirectAnswer } from '../../protocol/service.js';
import { pageHtml } from '../../report/page-html.js';
import {
  HeapSamplerTakenError,
  type ProfileSource,
  type SnapshotName,
  snapshotNames,
} from '../profiles/profile-source.js';
import { pageAnswer, profileAnswer, profileHeadAnswer, reportPageAnswer, textAnswer } from './answer.js';
import { indexPage } from './index-page.js';
import { textForm } from './text-form.js';

/** The longest that one collection may last, in seconds. */
const longestSeconds = 3600;
/** The most requests that may be worked on at once. */
const mostRequests = 32;
/** What Go's `profile` takes without the parameter. */
const defaultSeconds = 30;

/** Whoever asked has gone away, or asks for too much. */
class RequestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Go's `/debug/pprof/`: its paths, parameters, headers, file names and errors. */
export class Endpoints {
  readonly #source: ProfileSource;
  #requests = 0;

  constructor(source: ProfileSource) {
    this.#source = source;
  }

  /**
   * Answers whatever is asked; errors too are answers.
   * @param signal Aborted when nobody waits for the answer any more.
   */
  async answer(request: ServiceRequest, signal: AbortSignal): Promise<ServiceAnswer> {
    if (this.#requests >= mostRequests) {
      return errorAnswer(503, `${mostRequests} requests are being worked on: try again later`, { 'Retry-After': '1' });
    }
    this.#requests++;
    try {
      return await this.#answer(request, signal);
    } catch (error) {
      if (error instanceof RequestError) return errorAnswer(error.status, error.message);
      if (error instanceof HeapSamplerTakenError) return errorAnswer(409, error.message);
      return errorAnswer(500, error instanceof Error ? error.message : String(error));
    } finally {
      this.#requests--;
    }
  }

  async #answer({ method, target }: ServiceRequest, signal: AbortSignal): Promise<ServiceAnswer> {
    if (method !== 'GET' && method !== 'HEAD') {
      return errorAnswer(405, `${method} is not allowed here: GET and HEAD are`, { Allow: 'GET, HEAD' });
    }
    const isHead = method === 'HEAD';
    const { path, query } = parseTarget(target);
    if (`${path}/` === prefix) return redirectAnswer(prefix);
    if (!path.startsWith(prefix)) return errorAnswer(404, `nothing is here: profiles are under ${prefix}`);
    const name = path.slice(prefix.length);
    switch (name) {
      case '':
        return pageAnswer(await indexPage(this.#source));
      case 'ui':
        return reportPageAnswer(pageHtml("'self'", ''));
      case 'cmdline':
        return textAnswer(this.#source.argv.join('\0'));
      case 'symbol':
        // Stacks come with their names, so there is nothing to look up; pprof asks whether there might be.
        return textAnswer('num_symbols: 1\n');
      case 'profile':
        return this.#collect('cpu', name, query, isHead, signal);
      case 'wall':
        return this.#collect('wall', name, query, isHead, signal);
    }
    if (!isSnapshotName(name)) return errorAnswer(404, 'Unknown profile');
    if (query.get('seconds')) return this.#delta(name, query, isHead, signal);
    return this.#snapshot(name, query, isHead);
  }

  async #collect(kind: ProfileKind, filename: string, query: URLSearchParams, isHead: boolean, signal: AbortSignal) {
    const seconds = secondsOf(query) ?? defaultSeconds;
    if (isHead) return profileHeadAnswer(filename);
    return profileAnswer(await this.#source.collect(kind, seconds, signal), filename);
  }

  async #snapshot(name: SnapshotName, query: URLSearchParams, isHead: boolean): Promise<ServiceAnswer> {
    const isText = wholeNumber(query.get('debug')) !== 0;
    if (isHead) return isText ? textAnswer('') : profileHeadAnswer(name);
    const profile = await this.#source.snapshot(name, { gc: name === 'heap' && wholeNumber(query.get('gc')) > 0 });
    return isText ? textAnswer(textForm(name, profile)) : profileAnswer(profile, name);
  }

  async #delta(
    name: SnapshotName,
    query: URLSearchParams,
    isHead: boolean,
    signal: AbortSignal,
  ): Promise<ServiceAnswer> {
    const seconds = secondsOf(query) ?? defaultSeconds;
    if (wholeNumber(query.get('debug')) !== 0) {
      throw new RequestError(400, 'seconds and debug params are incompatible');
    }
    const filename = `${name}-delta`;
    if (isHead) return profileHeadAnswer(filename);
    const gc = name === 'heap' && wholeNumber(query.get('gc')) > 0;
    return profileAnswer(await this.#source.change(name, seconds, { gc }, signal), filename);
  }
}

function isSnapshotName(name: string): name is SnapshotName {
  return (snapshotNames as readonly string[]).includes(name);
}

function parseTarget(target: string): { path: string; query: URLSearchParams } {
  // A proxy's form of the request has scheme and host in front.
  const [path = '', ...query] = target.replace(/^https?:\/\/[^/?]*/i, '').split('?');
  // Somebody's base URL ended with a slash.
  return { path: path.replace(/\/{2,}/g, '/'), query: new URLSearchParams(query.join('?')) };
}

/** `undefined` without the parameter. */
function secondsOf(query: URLSearchParams): number | undefined {
  const text = query.get('seconds');
  if (text === null || text === '') return undefined;
  const seconds = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (seconds <= 0) throw new RequestError(400, 'invalid value for "seconds" - must be a positive integer');
  if (seconds > longestSeconds) {
    throw new RequestError(400, `invalid value for "seconds" - must be at most ${longestSeconds}`);
  }
  return seconds;
}

/** As Go reads `debug` and `gc`: what is no number counts as 0. */
function wholeNumber(text: string | null): number {
  return text !== null && /^[+-]?\d{1,15}$/.test(text) ? Number(text) : 0;
}
