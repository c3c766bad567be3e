import type { ProfileModel } from './model.js';

/**
 * In which line does each function begin, by its index, from 1; 0 when not known. Where the profile does not say so (Go's
 * before 1.20, `@datadog/pprof`'s) it is the first of the lines in which the function was seen: near, and in the right file.
 */
export function startLinesOf({ functions, locations }: ProfileModel): readonly number[] {
  const startLines = functions.map(({ startLine }) => Number(startLine));
  for (const { lines } of locations) {
    for (const { function: index, line } of lines) {
      const isStated = functions[index]?.startLine !== 0;
      const before = startLines[index] ?? 0;
      if (!isStated && line > 0 && (before === 0 || line < before)) startLines[index] = Number(line);
    }
  }
  return startLines;
}
