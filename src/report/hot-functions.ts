import { keyValues } from './function-values.js';
import { keyingOf, outermostKeys } from './keying.js';
import type { ReportData } from './report-data.js';
import type { Weights } from './weights.js';

/** Which functions took most, themselves or with what they called? Their indices, those first that took most themselves. */
export function hottestFunctions(data: ReportData, weights: Weights, count: number): readonly number[] {
  const keying = keyingOf(data.columns, data.origins, 'function', new Set());
  const { flat, cum } = keyValues(data, keying, outermostKeys(data.columns, keying), weights);
  const by = (values: Float64Array) =>
    Array.from(values, (_, key) => key)
      .filter((key) => (values[key] ?? 0) > 0)
      .sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0))
      .slice(0, count)
      .map((key) => keying.representative[key] ?? 0);
  return [...new Set([...by(flat), ...by(cum)])];
}
