import type { OtlpRequest } from '../collector/push/official-messages.js';
import type { Shares } from './labelled-run.js';

export interface OtlpSums {
  readonly shares: Shares;
  /** `name=value` of all samples. */
  readonly attributes: ReadonlySet<string>;
  /** Of the spans that samples are linked to. */
  readonly spans: ReadonlySet<string>;
}

/** What requests add up to, of one sample type. */
export function sumsOf(requests: readonly OtlpRequest[], type: string): OtlpSums {
  const amounts = new Map<string, number>();
  const attributes = new Set<string>();
  const spans = new Set<string>();
  let total = 0;
  for (const { dictionary, resource_profiles } of requests) {
    const {
      string_table: strings,
      stack_table,
      location_table,
      function_table,
      attribute_table,
      link_table,
    } = dictionary;
    const profiles = resource_profiles.flatMap(({ scope_profiles }) =>
      scope_profiles.flatMap(({ profiles }) => profiles),
    );
    for (const { sample_type, samples } of profiles) {
      if (strings[sample_type.type_strindex] !== type) continue;
      for (const { stack_index, values, attribute_indices, link_index } of samples) {
        const value = values[0] ?? 0;
        total += value;
        const names = (stack_table[stack_index]?.location_indices ?? []).flatMap((location) =>
          (location_table[location]?.lines ?? []).map(
            ({ function_index }) => strings[function_table[function_index]?.name_strindex ?? 0] ?? '',
          ),
        );
        for (const name of new Set(names)) amounts.set(name, (amounts.get(name) ?? 0) + value);
        for (const index of attribute_indices) {
          const attribute = attribute_table[index];
          attributes.add(`${strings[attribute?.key_strindex ?? 0]}=${attribute?.value?.string_value}`);
        }
        if (link_index > 0) spans.add(Buffer.from(link_table[link_index]?.span_id ?? []).toString('hex'));
      }
    }
  }
  const shares = new Map(Array.from(amounts, ([name, amount]) => [name, (100 * amount) / total]));
  return { shares: { total, shares }, attributes, spans };
}
