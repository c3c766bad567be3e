import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { Profile, type ProfileModel } from 'profbuf';
import { decodeOtlp, decodePush, type OtlpRequest } from './official-messages.js';

/** A request that came in. */
export interface Received {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly atMs: number;
}

export type Behaviour = (received: Received, response: ServerResponse, request: IncomingMessage) => void;

interface Test {
  after(clear: () => void): void;
}

const accept: Behaviour = (_, response) => {
  response.end();
};

/** A server that keeps what is sent to it, and answers as it is told to. */
export class Receiver {
  readonly received: Received[] = [];
  readonly #server: Server;
  readonly #waiting: (() => void)[] = [];
  behaviour: Behaviour;

  private constructor(server: Server, behaviour: Behaviour) {
    this.#server = server;
    this.behaviour = behaviour;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => this.#onRequest(request, response));
  }

  static async start(test: Test, behaviour: Behaviour = accept, server: Server = createServer()): Promise<Receiver> {
    const receiver = new Receiver(server, behaviour);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    test.after(() => receiver.close());
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Resolves when so many have come. The limit is for what never comes. */
  async came(count: number, limitMs = 60_000): Promise<void> {
    const deadline = performance.now() + limitMs;
    while (this.received.length < count) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw new Error(`${this.received.length} requests came of ${count}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://receiver');
      const received: Received = {
        path: pathname,
        query: searchParams,
        headers: request.headers,
        body: Buffer.concat(chunks),
        atMs: performance.now(),
      };
      this.received.push(received);
      this.behaviour(received, response, request);
      for (const resolve of this.#waiting.splice(0)) resolve();
    });
  }
}

/** A profile as it was pushed, by whichever protocol, in one form. */
export interface Pushed {
  /** Of the series or the resource. */
  readonly labels: Readonly<Record<string, string>>;
  readonly model: ProfileModel;
}

/** Decodes what came by Pyroscope's protocols with the official messages. */
export function pushedIn({ path, query, body }: Received): Pushed {
  if (path.endsWith('/ingest')) {
    const [, name = '', labels = ''] = /^([^{]*)(?:\{(.*)\})?$/.exec(query.get('name') ?? '') ?? [];
    const pairs = labels.split(',').flatMap((pair) => (pair === '' ? [] : [pair.split('=') as [string, string]]));
    return { labels: { service_name: name, ...Object.fromEntries(pairs) }, model: Profile.decode(body).model };
  }
  const [series] = decodePush(body).series;
  if (series === undefined || series.samples.length !== 1) throw new Error('one profile of one series is expected');
  return {
    labels: Object.fromEntries(series.labels.map(({ name, value }) => [name, value])),
    model: Profile.decode(series.samples[0]?.raw_profile ?? new Uint8Array()).model,
  };
}

export function otlpIn({ headers, body }: Received): OtlpRequest {
  return decodeOtlp(headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
}
