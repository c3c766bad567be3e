import type { Frame } from '../frame.js';
import { readableFile } from '../frame-name.js';
import type { ValueType } from '../model.js';
import type { Profile } from '../profile.js';
import { inUnit, nanosecondsIn } from '../units.js';
import { arrayIn, damaged, indexIn, type JsonObject, numberIn, objectIn, placeIn, textIn } from './json.js';
import { StackSums } from './stack-sums.js';

export function isSpeedscope(file: JsonObject): boolean {
  return typeof file.$schema === 'string'
    ? file.$schema.includes('speedscope')
    : 'shared' in file && Array.isArray(file.profiles) && !('meta' in file);
}

/** One of the profiles in a file. */
interface Part {
  readonly profile: JsonObject;
  readonly name: string;
  readonly unit: string;
  readonly isSampled: boolean;
}

/**
 * Reads speedscope's own JSON, whoever exported it, see https://www.speedscope.app/file-format-schema.json.
 *
 * A file holds several profiles. Those of profbuf are one profile's sample types, by name. Those of others are mostly
 * threads: such of one unit are added up, with their names as label `thread`; of several units each is a sample type.
 * Times, whether samples' or between calls and returns, become nanoseconds.
 */
export function readSpeedscope(file: JsonObject): Profile {
  const frames = arrayIn(objectIn(file.shared, 'shared').frames, 'frames').map(frameIn);
  const parts = arrayIn(file.profiles, 'profiles').map(partIn);
  const isOwn = String(file.exporter).startsWith('profbuf');
  const [types, columnOf] = isOwn ? columnsByName(parts) : columnsByUnit(parts);
  const active = parts[Number(file.activeProfileIndex)];

  const sums = new StackSums({
    sampleTypes: types,
    periodType: { type: '', unit: '' },
    period: 0,
    timeNanos: 0n,
    durationNanos: 0n,
    defaultSampleType: types[active === undefined ? types.length - 1 : columnOf(active)]?.type ?? '',
  });
  const counts = types.findIndex(({ type }) => type === 'samples');
  const hasThreads = !isOwn && parts.length > 1;
  for (const part of parts) {
    const column = columnOf(part);
    const factor = nanosecondsIn(part.unit) ?? (part.unit === 'bytes' ? inUnit(1, part.unit, 'B').value : 1);
    const values = types.map(() => 0);
    const labels = hasThreads ? { thread: part.name } : undefined;
    const add = (stack: readonly Frame[], weight: number) => {
      values[column] = weight * factor;
      if (part.isSampled && !isOwn && counts !== -1 && counts !== column) values[counts] = 1;
      sums.add(stack, values, labels);
    };
    if (part.isSampled) addSampled(part.profile, frames, add);
    else addEvented(part.profile, frames, add);
  }
  return sums.build();
}

function frameIn(value: unknown, index: number): Frame {
  const { name, file, line, col } = objectIn(value, `frame ${index}`);
  return {
    functionName: textIn(name, `the name of frame ${index}`),
    file: typeof file === 'string' ? readableFile(file) : '',
    startLine: placeIn(line),
    line: placeIn(line),
    column: placeIn(col),
  };
}

function partIn(value: unknown, index: number): Part {
  const profile = objectIn(value, `profile ${index}`);
  const { type, name, unit } = profile;
  if (type !== 'sampled' && type !== 'evented') throw damaged(`profile ${index} is neither sampled nor evented`);
  return {
    profile,
    name: typeof name === 'string' ? name : `${index}`,
    unit: typeof unit === 'string' ? unit : 'none',
    isSampled: type === 'sampled',
  };
}

type Columns = readonly [types: readonly ValueType[], columnOf: (part: Part) => number];

/** What profbuf writes: one profile a sample type. */
function columnsByName(parts: readonly Part[]): Columns {
  return columns(parts, ({ name, unit }) => ({ type: name, unit: unitOf(unit) }));
}

function columnsByUnit(parts: readonly Part[]): Columns {
  const [types, columnOf] = columns(parts, ({ unit }) => ({
    type: typeNames[unitOf(unit)] ?? unit,
    unit: unitOf(unit),
  }));
  const isTimed = types.some(({ type }) => type === 'time') && parts.some(({ isSampled }) => isSampled);
  if (!isTimed || types.some(({ type }) => type === 'samples')) return [types, columnOf];
  return [[{ type: 'samples', unit: 'count' }, ...types], (part) => columnOf(part) + 1];
}

const typeNames: Readonly<Record<string, string>> = { nanoseconds: 'time', bytes: 'space', count: 'samples' };

function unitOf(unit: string): string {
  if (nanosecondsIn(unit) !== undefined) return 'nanoseconds';
  return unit === 'bytes' ? 'bytes' : 'count';
}

function columns(parts: readonly Part[], typeOf: (part: Part) => ValueType): Columns {
  const types = new Map<string, ValueType>();
  for (const part of parts) types.set(JSON.stringify(typeOf(part)), typeOf(part));
  if (types.size === 0) throw damaged('it has no profiles');
  if (types.size > mostTypes) throw damaged(`it has more than ${mostTypes} kinds of values`);
  const keys = [...types.keys()];
  return [[...types.values()], (part) => keys.indexOf(JSON.stringify(typeOf(part)))];
}

const mostTypes = 64;

type Add = (stack: readonly Frame[], weight: number) => void;

function addSampled(profile: JsonObject, frames: readonly Frame[], add: Add): void {
  const samples = arrayIn(profile.samples, 'samples');
  const weights = arrayIn(profile.weights, 'weights');
  if (samples.length !== weights.length) throw damaged(`${samples.length} samples have ${weights.length} weights`);
  samples.forEach((sample, index) => {
    const what = `sample ${index}`;
    const stack = arrayIn(sample, what).map((frame) => frames[indexIn(frame, frames.length, `a frame of ${what}`)]);
    add(known(stack).reverse(), numberIn(weights[index], `weight ${index}`));
  });
}

/** Calls and returns: what lies between two of them was spent in the stack of then. */
function addEvented(profile: JsonObject, frames: readonly Frame[], add: Add): void {
  const stack: Frame[] = [];
  let before = numberIn(profile.startValue, 'startValue');
  const spend = (at: number) => {
    if (at < before) throw damaged('its events go back in time');
    if (at > before && stack.length > 0) add(stack.toReversed(), at - before);
    before = at;
  };
  arrayIn(profile.events, 'events').forEach((value, index) => {
    const event = objectIn(value, `event ${index}`);
    const frame = frames[indexIn(event.frame, frames.length, `the frame of event ${index}`)];
    spend(numberIn(event.at, `the time of event ${index}`));
    if (event.type === 'O' && frame !== undefined) stack.push(frame);
    else if (event.type !== 'C' || stack.pop() !== frame) {
      throw damaged(`event ${index} is not the end of the call that was last begun`);
    }
  });
  spend(Math.max(before, numberIn(profile.endValue, 'endValue')));
}

function known(stack: readonly (Frame | undefined)[]): Frame[] {
  return stack.filter((frame) => frame !== undefined);
}
