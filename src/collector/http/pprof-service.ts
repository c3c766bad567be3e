import { hostInUrl } from '../../protocol/http-address.js';
import type { CollectorOptions, HttpOptions } from '../../protocol/messages.js';
import { say } from '../../protocol/say.js';
import type { ServiceAnswer, ServiceRequest } from '../../protocol/service.js';
import { prefix } from '../../protocol/service.js';
import type { ProfileSource } from '../profiles/profile-source.js';
import { Endpoints } from './endpoints.js';
import { PprofServer } from './server.js';
import type { Service } from './service.js';

/** How long answers may take to get out when the program ends, in milliseconds. */
const closePatienceMs = 500;

interface OpenServer {
  readonly server: PprofServer;
  readonly url: string;
}

/** `/debug/pprof/`, on a port if one is named, and for the application's own server. */
export class PprofService implements Service {
  readonly #endpoints: Endpoints;
  readonly #options: CollectorOptions;
  #own: Promise<OpenServer | undefined> | undefined;
  #asked: Promise<OpenServer | undefined> | undefined;

  constructor(source: ProfileSource, options: CollectorOptions) {
    this.#endpoints = new Endpoints(source);
    this.#options = options;
  }

  async start(): Promise<void> {
    const { http, isQuiet } = this.#options;
    if (http !== undefined) this.#own = this.#open(http, isQuiet);
    await this.#own;
  }

  async listen(http: HttpOptions | undefined): Promise<string | undefined> {
    const last = this.#asked;
    this.#asked = http && this.#open(http, false);
    await (await last)?.server.close(0);
    return (await this.#asked)?.url;
  }

  answer(request: ServiceRequest, signal: AbortSignal): Promise<ServiceAnswer> {
    return this.#endpoints.answer(request, signal);
  }

  async close(): Promise<void> {
    const servers = await Promise.all([this.#own, this.#asked]);
    await Promise.all(servers.map((open) => open?.server.close(closePatienceMs)));
  }

  async #open(http: HttpOptions, isQuiet: boolean): Promise<OpenServer | undefined> {
    const server = new PprofServer(http, this.#endpoints);
    try {
      const url = await server.listen();
      if (!isQuiet) say(`serving ${url}${prefix}`);
      return { server, url };
    } catch (error) {
      const place = `${hostInUrl(http.host)}:${http.port}`;
      say(`cannot serve ${prefix} on ${place}: ${describe(error as NodeJS.ErrnoException)}`);
      return undefined;
    }
  }
}

function describe({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'EADDRINUSE':
      return 'the port is in use; port 0 takes a free one';
    case 'EACCES':
      return 'the port needs a right that this process does not have; choose one above 1023';
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'the host is no address of this machine';
    default:
      return message;
  }
}
