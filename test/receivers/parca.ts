import { Profile, type ProfileModel } from 'profbuf';

/** The query API of Parca: parca.query.v1alpha1.QueryService, by its gateway. */
export class ParcaQueries {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url.replace(/\/+$/, '');
  }

  /** All that was scraped in some time, as pprof; `undefined` when there is nothing. */
  async merged(query: string, fromMs: number, toMs: number): Promise<ProfileModel | undefined> {
    const { pprof } = await this.#get<{ pprof?: string }>('query', {
      mode: 'MODE_MERGE',
      'merge.query': query,
      'merge.start': new Date(fromMs).toISOString(),
      'merge.end': new Date(toMs).toISOString(),
      report_type: 'REPORT_TYPE_PPROF',
    });
    const { model } = Profile.decode(Buffer.from(pprof ?? '', 'base64'));
    return model.samples.length === 0 ? undefined : model;
  }

  /** Types of profiles that were scraped, by name and sample type. */
  async types(): Promise<string[]> {
    const { types } = await this.#get<{ types: { name: string; sampleType: string }[] }>('types', {});
    return types.map(({ name, sampleType }) => `${name}:${sampleType}`);
  }

  async #get<T>(path: string, query: Record<string, string>): Promise<T> {
    const response = await fetch(`${this.#url}/api/profiles/${path}?${new URLSearchParams(query)}`);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${(await response.text()).slice(0, 300)}`);
    return (await response.json()) as T;
  }
}
