import { Profile, type ProfileModel } from 'profbuf';
import { ProtobufWriter } from '#profbuf/profile/pprof/protobuf.js';
import type { LabelledRun } from './labelled-run.js';

/** What Pyroscope's own query API has: querier.v1.QuerierService of its api module. */
export class PyroscopeQueries {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url.replace(/\/+$/, '');
  }

  /** Its parts are up one after the other: the last ones half a minute after the others. */
  async ready(): Promise<void> {
    for (let tries = 0; ; tries++) {
      const words = await fetch(`${this.#url}/ready`).then((response) => response.text());
      if (words.trim() === 'ready') return;
      if (tries > 120) throw new Error(words);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }

  async version(): Promise<string> {
    const response = await fetch(`${this.#url}/api/v1/status/buildinfo`);
    const { data } = (await response.json()) as { data?: { version?: string; revision?: string; goVersion?: string } };
    return [data?.version, data?.revision, data?.goVersion].filter(Boolean).join(', ');
  }

  /** All that was stored of an application in the time of its run, as pprof. */
  async merged(profileType: string, application: string, run: LabelledRun, selector = ''): Promise<ProfileModel> {
    const writer = new ProtobufWriter();
    writer.string(1, profileType);
    writer.string(2, `{service_name="${application}"${selector}}`);
    writer.integer(3, run.fromMs - 60_000);
    writer.integer(4, run.toMs + 60_000);
    const response = await this.#post('SelectMergeProfile', 'application/proto', writer.bytes());
    return Profile.decode(new Uint8Array(await response.arrayBuffer())).model;
  }

  /** Sum of what is stored of a span. */
  async ofSpan(profileType: string, application: string, run: LabelledRun, span: string): Promise<number> {
    const response = await this.#post(
      'SelectMergeSpanProfile',
      'application/json',
      JSON.stringify({
        profile_typeID: profileType,
        label_selector: `{service_name="${application}"}`,
        span_selector: [span],
        start: run.fromMs - 60_000,
        end: run.toMs + 60_000,
      }),
    );
    const { flamegraph } = (await response.json()) as { flamegraph?: { total?: string } };
    return Number(flamegraph?.total ?? 0);
  }

  /** The values that a label has among an application's series. */
  async labelValues(name: string, application: string, run: LabelledRun): Promise<string[]> {
    const response = await this.#post(
      'LabelValues',
      'application/json',
      JSON.stringify({
        name,
        matchers: [`{service_name="${application}"}`],
        start: run.fromMs - 60_000,
        end: run.toMs + 60_000,
      }),
    );
    return ((await response.json()) as { names?: string[] }).names ?? [];
  }

  async #post(method: string, type: string, body: string | Uint8Array): Promise<Response> {
    const response = await fetch(`${this.#url}/querier.v1.QuerierService/${method}`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: typeof body === 'string' ? body : new Uint8Array(body),
    });
    if (!response.ok) throw new Error(`${method}: ${response.status} ${(await response.text()).slice(0, 300)}`);
    return response;
  }
}
