import { hostInUrl } from '../../protocol/http-address.js';
import type { CollectorOptions, HttpOptions, RunOptions } from '../../protocol/messages.js';
import { say } from '../../protocol/say.js';
import type { ServiceAnswer, ServiceRequest } from '../../protocol/service.js';
import { prefix } from '../../protocol/service.js';
import type { ProfileSource } from '../profiles/profile-source.js';
import { Endpoints } from './endpoints.js';
import { describeListenError } from './listen-error.js';
import { PprofServer } from './server.js';
import type { Service } from './service.js';
import { SharedPort } from './shared-port.js';

/** How long answers may take to get out when the program ends, in milliseconds. */
const closePatienceMs = 500;

interface OpenServer {
  readonly server: PprofServer;
  readonly url: string;
}

/** `/debug/pprof/`, on a port if one is named, and for the application's own server. */
export class PprofService implements Service {
  readonly #endpoints: Endpoints;
  readonly #source: ProfileSource;
  readonly #options: CollectorOptions;
  #own: Promise<OpenServer | undefined> | undefined;
  #shared: SharedPort | undefined;
  #asked: Promise<OpenServer | undefined> | undefined;

  constructor(source: ProfileSource, options: CollectorOptions) {
    this.#endpoints = new Endpoints(source);
    this.#source = source;
    this.#options = options;
  }

  async start(): Promise<void> {
    const { http, isQuiet, run } = this.#options;
    if (http === undefined) return;
    if (run === undefined) {
      this.#own = this.#open(http, isQuiet);
      await this.#own;
    } else {
      this.#shared = this.#newSharedPort(http, run);
      await this.#shared.open();
    }
  }

  #newSharedPort(http: HttpOptions, run: RunOptions): SharedPort {
    const { isQuiet, sampleRate, processName } = this.#options;
    return new SharedPort({
      http,
      run,
      isQuiet,
      sampleRate,
      processName,
      argv: this.#source.argv,
      newServer: (claims) => new PprofServer(http, this.#endpoints, processName, claims),
      hasServer: () => this.#source.hasServer(),
    });
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
    const ports = [this.#shared, ...servers.map((open) => open?.server)];
    await Promise.all(ports.map((port) => port?.close(closePatienceMs)));
  }

  async #open(http: HttpOptions, isQuiet: boolean): Promise<OpenServer | undefined> {
    const server = new PprofServer(http, this.#endpoints, this.#options.processName);
    try {
      const url = await server.listen();
      if (!isQuiet) say(`serving ${url}${prefix}`);
      return { server, url };
    } catch (error) {
      const place = `${hostInUrl(http.host)}:${http.port}`;
      say(`cannot serve ${prefix} on ${place}: ${describeListenError(error as NodeJS.ErrnoException)}`);
      return undefined;
    }
  }
}
