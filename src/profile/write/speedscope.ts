import type { ProfileModel } from '../model.js';
import { sampleTypeIndex } from '../sample-type.js';
import { framesByLocation, type StackFunction } from './frames.js';

type SpeedscopeUnit = 'bytes' | 'microseconds' | 'milliseconds' | 'nanoseconds' | 'none' | 'seconds';

/** As in https://www.speedscope.app/file-format-schema.json. */
export interface SpeedscopeFile {
  readonly $schema: 'https://www.speedscope.app/file-format-schema.json';
  readonly exporter: string;
  readonly activeProfileIndex: number;
  readonly shared: {
    readonly frames: readonly { name: string; file?: string; line?: number; col?: number }[];
  };
  readonly profiles: readonly {
    readonly type: 'sampled';
    readonly name: string;
    readonly unit: SpeedscopeUnit;
    readonly startValue: number;
    readonly endValue: number;
    /** Indices into the frames, root first. */
    readonly samples: readonly (readonly number[])[];
    readonly weights: readonly number[];
  }[];
}

const units: readonly string[] = ['bytes', 'microseconds', 'milliseconds', 'nanoseconds', 'seconds'];
const isUnit = (unit: string): unit is SpeedscopeUnit => units.includes(unit);

/** @param sampleType Which of the profiles inside is shown first. */
export function toSpeedscope(profile: ProfileModel, sampleType?: string): SpeedscopeFile {
  const frameNumbers = new Map<StackFunction, number>();
  const number = (found: StackFunction): number => {
    const known = frameNumbers.get(found);
    if (known !== undefined) return known;
    frameNumbers.set(found, frameNumbers.size);
    return frameNumbers.size - 1;
  };
  const frames = framesByLocation(profile).map((frames) => frames.map((frame) => number(frame.function)).reverse());
  const stacks = profile.samples.map(({ stack }) =>
    stack
      .map((location) => frames[location] ?? [])
      .reverse()
      .flat(),
  );

  return {
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    exporter: 'profbuf',
    activeProfileIndex: sampleTypeIndex(profile, sampleType),
    shared: {
      frames: Array.from(frameNumbers.keys(), ({ name, file, startLine, startColumn }) => ({
        name,
        ...(file === '' ? {} : { file }),
        ...(startLine === 0 ? {} : { line: startLine }),
        ...(startColumn === 0 ? {} : { col: startColumn }),
      })),
    },
    profiles: profile.sampleTypes.map(({ type, unit }, index) => {
      const samples: (readonly number[])[] = [];
      const weights: number[] = [];
      profile.samples.forEach(({ values }, sample) => {
        const weight = Number(values[index] ?? 0);
        if (weight <= 0) return;
        samples.push(stacks[sample] ?? []);
        weights.push(weight);
      });
      const endValue = weights.reduce((total, weight) => total + weight, 0);
      return {
        type: 'sampled',
        name: type,
        unit: isUnit(unit) ? unit : 'none',
        startValue: 0,
        endValue,
        samples,
        weights,
      };
    }),
  };
}
