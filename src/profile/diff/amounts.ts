import { inLargestUnit } from '../units.js';
import type { ComparedLine, Comparison } from './comparison.js';

/** `1.23s`, `512kB`: a value of the profile's unit, as in a table of the top. */
export function amount(value: number, unit: string): string {
  const { value: shown, unit: name } = inLargestUnit(value, unit);
  return `${Number(shown.toPrecision(3))}${name}`;
}

/** `12.30%`. */
export function share(part: number): string {
  return `${(part * 100).toFixed(2)}%`;
}

/** `+10.2%`, `new`. */
export function change({ base, change }: ComparedLine): string {
  return base.value === 0 ? 'new' : signed(change);
}

/** `[+4.1%, +17.0%]`. */
export function interval({ least, most }: ComparedLine): string {
  return `[${signed(least)}, ${signed(most)}]`;
}

export function signed(part: number): string {
  const percent = part * 100;
  if (percent > 100_000) return '>1000×';
  if (percent >= 1000) return `+${Number((part + 1).toPrecision(2)).toLocaleString('en-US', { useGrouping: false })}×`;
  return `${percent < 0 ? '' : '+'}${percent.toFixed(1)}%`;
}

/** What the runs are, and how noise was reckoned: sentences that stand above a table. */
export function aboutComparison(
  { base, new: fresh, noise, isNoiseAssumed, confidence }: Comparison,
  unit: string,
): string[] {
  const side = ({ runs, samples, value }: Comparison['base']) =>
    `${runs} ${runs === 1 ? 'run' : 'runs'}, ${Math.round(samples)} samples, ${amount(value, unit)}${runs === 1 ? '' : ' a run'}`;
  const level = `${Number((confidence * 100).toPrecision(6))} %`;
  return [
    `base: ${side(base)}; new: ${side(fresh)}`,
    isNoiseAssumed
      ? `Noise is taken to be ${noise} times that of counting samples, since one run a side does not tell; several runs do.`
      : `Noise is ${noise.toFixed(1)} times that of counting samples, by the runs.`,
    `What is not called more or less is noise: all intervals hold together with ${level}.`,
  ];
}
