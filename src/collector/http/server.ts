import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostInUrl } from '../../protocol/http-address.js';
import type { HttpOptions } from '../../protocol/messages.js';
import type { ServiceAnswer } from '../../protocol/service.js';
import { errorAnswer } from '../../protocol/service.js';
import { within } from '../../protocol/within.js';
import type { Endpoints } from './endpoints.js';
import { challenges, Guard } from './guard.js';
import {
  type Claim,
  type Claims,
  claimHeader,
  claimPath,
  headerText,
  pidHeader,
  processHeader,
  provenClaim,
} from './port-claim.js';

/** What keeps one client, or many, from taking more than a share of the collector. Times in milliseconds. */
const limits = {
  /** Connections open at once; those beyond are closed as they come. */
  connections: 256,
  /** All header lines of a request together, in bytes. */
  headerBytes: 16 * 1024,
  headers: 10_000,
  request: 10_000,
  keepAlive: 5_000,
  /** How long a client may take nothing of its answer. */
  stalledAnswer: 30_000,
} as const;

/** `/debug/pprof/` on a port of its own, in the collector's thread. */
export class PprofServer {
  readonly #options: HttpOptions;
  readonly #endpoints: Endpoints;
  readonly #guard: Guard;
  readonly #claims: Claims | undefined;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #server: Server;
  /** Of requests whose answer is not out yet. */
  readonly #responses = new Set<ServerResponse>();
  #hasYielded = false;

  /**
   * @param processName Whose profiles these are.
   * @param claims Whether another process may have the port, if it may be asked for.
   */
  constructor(options: HttpOptions, endpoints: Endpoints, processName: string, claims?: Claims) {
    this.#options = options;
    this.#endpoints = endpoints;
    this.#claims = claims;
    this.#headers = { [processHeader]: headerText(processName), [pidHeader]: String(process.pid) };
    this.#guard = new Guard(options.host, options.token);
    // Loaded only now: a collector without a server starts sooner.
    const { createServer } = process.getBuiltinModule('node:http');
    this.#server = createServer(
      {
        maxHeaderSize: limits.headerBytes,
        headersTimeout: limits.headers,
        requestTimeout: limits.request,
        keepAliveTimeout: limits.keepAlive,
        connectionsCheckingInterval: 1000,
      },
      (request, response) => this.#onRequest(request, response),
    );
    this.#server.maxConnections = limits.connections;
  }

  /** @returns where it can be reached. Rejects when the address cannot be had. */
  async listen(): Promise<string> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, resolve);
    });
    // Such as too many open files, when a connection comes in. It is not the server's end.
    this.#server.on('error', () => {});
    const { port: actualPort } = this.#server.address() as AddressInfo;
    return `http://${hostInUrl(host)}:${actualPort}`;
  }

  /** Takes no more requests, waits until the answers that are due are out, and ends. */
  async close(patienceMs: number): Promise<void> {
    this.#server.close();
    const answered = [...this.#responses].map((response) => new Promise((resolve) => response.once('close', resolve)));
    await within(patienceMs, Promise.all(answered));
    this.#server.closeAllConnections();
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#hasYielded) {
      request.socket.destroy();
      return;
    }
    const claim = this.#claimIn(request);
    if (claim !== undefined) {
      await this.#answerClaim(claim, response);
      return;
    }
    this.#responses.add(response);
    const gone = new AbortController();
    response.once('close', () => {
      this.#responses.delete(response);
      gone.abort();
    });
    const refusal = this.#refusal(request);
    const answer = refusal ?? (await this.#ask(request, gone.signal));
    // Who may not ask does not learn who is here.
    if (!response.destroyed) send(response, answer, refusal === undefined ? this.#headers : {});
  }

  #claimIn({ method, url, headers }: IncomingMessage): Claim | undefined {
    if (method !== 'POST' || url !== claimPath) return undefined;
    return this.#claims && provenClaim(this.#claims.run.secret, this.#options.port, headers[claimHeader]);
  }

  async #answerClaim(claim: Claim, response: ServerResponse): Promise<void> {
    const answer = await this.#claims?.answer(claim);
    const mayYield = answer?.yields === true && !response.destroyed;
    const yields = mayYield && this.#responses.size === 0 && !this.#hasYielded;
    if (yields) {
      this.#hasYielded = true;
      this.#server.close();
      response.once('close', () => this.#server.closeAllConnections());
      this.#claims?.onYielded();
    }
    response.writeHead(200, { ...this.#headers, 'Content-Type': 'application/json', Connection: 'close' });
    response.end(JSON.stringify({ ...answer, yields }));
  }

  #ask({ method = '', url = '' }: IncomingMessage, signal: AbortSignal): Promise<ServiceAnswer> {
    return this.#endpoints.answer({ method, target: url }, signal);
  }

  #refusal({ headers }: IncomingMessage): ServiceAnswer | undefined {
    if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0) {
      // Its bytes would come through this connection as the next request.
      return errorAnswer(413, 'requests have no body here', { Connection: 'close' });
    }
    return this.#guard.refusal(headers);
  }
}

function send(
  response: ServerResponse,
  { status, headers, body }: ServiceAnswer,
  ours: Readonly<Record<string, string>>,
): void {
  response.setTimeout(limits.stalledAnswer, () => response.destroy());
  if (status === 401) response.setHeader('WWW-Authenticate', challenges);
  response.writeHead(status, { ...ours, ...headers, ...lengthOf(status, response.req.method, body) });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/** None for a profile that was not collected. */
function lengthOf(status: number, method: string | undefined, body: Uint8Array): Record<string, number> {
  return method === 'HEAD' && status === 200 && body.length === 0 ? {} : { 'Content-Length': body.length };
}
