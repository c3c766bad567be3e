import type { Frame } from './frame.js';
import { type Integer, toInteger } from './integer.js';
import { isPrometheusName } from './label-names.js';
import type { Label, ValueType } from './model.js';
import { Profile } from './profile.js';
import { grow, SequenceTable } from './sequence-table.js';
import { PprofEncoder, type WriteSample } from './write/pprof.js';

/** Values that are integers become pprof's numeric labels. Fractions become strings: numeric labels are integers. */
export type Labels = Readonly<Record<string, string | number>>;

export interface ProfileHeader {
  /** The last one is what viewers show first, if `defaultSampleType` names no other. */
  readonly sampleTypes: readonly ValueType[];
  readonly periodType: ValueType;
  readonly period: number;
  /** When collection began, in nanoseconds since 1970 UTC. */
  readonly timeNanos: bigint;
  readonly durationNanos: bigint;
  readonly comments?: readonly string[];
  readonly defaultSampleType?: string;
}

export interface ProfileLimits {
  /** How many different pairs of stack and labels are told apart; the rest is added up under one `(other)` frame. */
  readonly samples?: number;
  /** How many different frames are told apart; each of the rest becomes `(other)`. */
  readonly locations?: number;
}

/**
 * Adds up values by stack and labels, in memory that its limits bound, and makes a {@link Profile} of the sums as often
 * as asked. It goes without objects for stacks and frames, and writes a profile's file straight from its tables: a
 * hundred thousand objects, made anew for each file, would outweigh everything else in the collector.
 */
export class ProfileBuilder {
  readonly #header: ProfileHeader;
  readonly #width: number;
  readonly #limits: Required<ProfileLimits>;
  readonly #encoder: PprofEncoder;
  // A function's sequence is the indices of its name and file in the encoder's strings, then its first line.
  readonly #functions = new SequenceTable();
  /** Where in its first line each function begins; 0 when it is not known. */
  #startColumns = new Int32Array(256);
  // A location's sequence is the number of its function, then line and column; those of what it is inlined into follow.
  readonly #locations = new SequenceTable();
  readonly #labelSets: (readonly Label[])[] = [[]];
  readonly #labelSetNumbers = new Map<string, number>();
  // A sample's sequence is the number of its label set, then its stack.
  readonly #samples = new SequenceTable();
  #sequence = new Int32Array(256);
  #values = new Float64Array(1024);
  #hasPrometheusNames = true;
  #other = 0;
  #otherLocations = 0;

  constructor(header: ProfileHeader, limits: ProfileLimits = {}) {
    this.#header = header;
    this.#width = header.sampleTypes.length;
    if (this.#width === 0) throw new RangeError('a profile has at least one sample type');
    this.#encoder = new PprofEncoder(header.sampleTypes);
    this.#limits = { samples: limits.samples ?? 2 ** 30, locations: limits.locations ?? 2 ** 30 };
  }

  /** How many different pairs of stack and labels there are. */
  get sampleCount(): number {
    return this.#samples.size;
  }

  get locationCount(): number {
    return this.#locations.size;
  }

  /** How many calls of {@link add} met the limit and went to the `(other)` frame. */
  get otherCount(): number {
    return this.#other;
  }

  /** How many calls of {@link location} met the limit and got the `(other)` frame. */
  get otherLocationCount(): number {
    return this.#otherLocations;
  }

  /** The number that stands for the frame in the stacks of {@link add}. Equal frames have the same. */
  location(frame: Frame): number {
    return this.#location([frame]);
  }

  /**
   * The numbers that stand for the frames of a stack, leaf first. Frames that are inlined have one number together with
   * the one that they are inlined into.
   * @param known Numbers of frames that are on many stacks, for the next of them.
   */
  locations(frames: readonly Frame[], known = new Map<Frame, number>()): number[] {
    const numbers: number[] = [];
    let inlined: Frame[] = [];
    frames.forEach((frame, i) => {
      if (frame.isInlined && i < frames.length - 1) inlined.push(frame);
      else if (inlined.length > 0) {
        numbers.push(this.#location([...inlined, frame]));
        inlined = [];
      } else {
        const number = known.get(frame) ?? this.#location([frame]);
        known.set(frame, number);
        numbers.push(number);
      }
    });
    return numbers;
  }

  /** @param frames Inlined ones, and the one around them. */
  #location(frames: readonly Frame[]): number {
    const known = this.#find(frames);
    if (known !== -1) return known;
    if (this.#locations.size >= this.#limits.locations && frames[0] !== otherFrame) {
      this.#otherLocations++;
      return this.location(otherFrame);
    }
    const lines = frames.map((frame) => ({
      function: this.#function(frame),
      line: frame.line,
      column: frame.column ?? 0,
    }));
    this.#encoder.addLocation({ mapping: -1, address: 0, lines, isFolded: false });
    return this.#locations.add(lines.flatMap(({ function: number, line, column }) => [number, line, column]));
  }

  /**
   * @param stack Numbers from {@link location}, leaf first.
   * @param values One for each sample type, added to those of the same stack and labels. Fractions are kept while
   *   adding up; the profile has the sums rounded.
   */
  add(stack: ArrayLike<number>, values: ArrayLike<number>, labels?: Labels): void {
    if (values.length !== this.#width) {
      throw new RangeError(`${values.length} values for ${this.#width} sample types`);
    }
    const labelSet = labels === undefined ? [] : labelSetOf(labels);
    const labelKey = labelSet.length === 0 ? '' : keyOf(labelSet);
    const known = labelKey === '' ? 0 : this.#labelSetNumbers.get(labelKey);
    let number = known === undefined ? -1 : this.#samples.find(this.#sequenceOf(known, stack));
    if (number === -1) {
      if (this.#samples.size >= this.#limits.samples) {
        this.#other++;
        number = this.#samples.add(this.#sequenceOf(0, [this.location(otherFrame)]));
      } else {
        number = this.#samples.add(this.#sequenceOf(known ?? this.#addLabelSet(labelKey, labelSet), stack));
      }
    }
    this.#addValues(number, values);
  }

  #addValues(number: number, values: ArrayLike<number>): void {
    const at = number * this.#width;
    this.#values = grow(this.#values, at + this.#width);
    for (let i = 0; i < this.#width; i++) {
      const value = values[i] ?? 0;
      if (!Number.isFinite(value)) throw new RangeError(`a sample's value is a finite number, not ${value}`);
      this.#values[at + i] = (this.#values[at + i] ?? 0) + value;
    }
  }

  /** The frames of all locations; those that several have in common come several times. */
  *frames(): Iterable<Frame> {
    const texts = this.#encoder.strings.texts();
    for (let number = 0; number < this.#locations.size; number++) yield* this.#framesOf(number, texts);
  }

  /**
   * The same sums, by other frames. This one stays as it is.
   * @param frameOf What stands for a frame. Stacks that become equal add up.
   */
  withFrames(frameOf: (frame: Frame) => Frame): ProfileBuilder {
    const other = new ProfileBuilder(this.#header);
    const texts = this.#encoder.strings.texts();
    const numbers = new Int32Array(this.#locations.size);
    for (let number = 0; number < numbers.length; number++) {
      numbers[number] = other.#location(this.#framesOf(number, texts).map(frameOf));
    }
    other.#labelSets.push(...this.#labelSets.slice(1));
    other.#hasPrometheusNames = this.#hasPrometheusNames;
    for (let number = 0; number < this.#samples.size; number++) {
      const [labelSet = 0, ...stack] = this.#samples.get(number);
      const sample = other.#samples.add([labelSet, ...stack.map((location) => numbers[location] ?? 0)]);
      const at = number * this.#width;
      other.#addValues(sample, this.#values.subarray(at, at + this.#width));
    }
    return other;
  }

  /** Inlined ones, and the one around them. */
  #framesOf(location: number, texts: readonly string[]): Frame[] {
    const sequence = this.#locations.get(location);
    const frames: Frame[] = [];
    for (let i = 0; i < sequence.length; i += 3) {
      const number = sequence[i] ?? 0;
      const [name = 0, file = 0, startLine = 0] = this.#functions.get(number);
      const startColumn = this.#startColumns[number] ?? 0;
      const column = sequence[i + 2] ?? 0;
      frames.push({
        functionName: texts[name] ?? '',
        file: texts[file] ?? '',
        startLine,
        line: sequence[i + 1] ?? 0,
        ...(startColumn > 0 ? { startColumn } : {}),
        ...(column > 0 ? { column } : {}),
      });
    }
    return frames;
  }

  /** What was added up so far. `changes` replaces parts of the header: what is known only now. */
  build(changes: Partial<Omit<ProfileHeader, 'sampleTypes'>> = {}): Profile {
    const header = { ...this.#header, ...changes };
    const facts = {
      dropFrames: '',
      keepFrames: '',
      timeNanos: toInteger(header.timeNanos),
      durationNanos: toInteger(header.durationNanos),
      periodType: header.periodType,
      period: header.period,
      comments: header.comments ?? [],
      defaultSampleType: header.defaultSampleType ?? '',
      docUrl: '',
    };
    const file = this.#encoder.encode(facts, (writeSample) => this.#writeSamples(writeSample));
    return Profile.fromFile(file, this.#hasPrometheusNames);
  }

  /** -1 when there is no such location. */
  #find(frames: readonly Frame[]): number {
    const { strings } = this.#encoder;
    const sequence: number[] = [];
    for (const { functionName, file, startLine, line, column = 0 } of frames) {
      const number = this.#functions.find([strings.find(functionName), strings.find(file), startLine]);
      if (number === -1) return -1;
      sequence.push(number, line, column);
    }
    return this.#locations.find(sequence);
  }

  #function({ functionName, file, startLine, startColumn = 0 }: Frame): number {
    const { strings } = this.#encoder;
    const sequence = [strings.index(functionName), strings.index(file), startLine];
    const known = this.#functions.find(sequence);
    if (known !== -1) return known;
    // Were the system name the same, pprof would take the name for one to demangle and cut `(…)` and `<…>` out of it.
    this.#encoder.addFunction({ name: functionName, systemName: '', filename: file, startLine });
    const number = this.#functions.add(sequence);
    this.#startColumns = grow(this.#startColumns, number + 1);
    this.#startColumns[number] = startColumn;
    return number;
  }

  #addLabelSet(key: string, labels: readonly Label[]): number {
    if (!labels.every((label) => isPrometheusName(label.key))) this.#hasPrometheusNames = false;
    const number = this.#labelSets.push(labels) - 1;
    this.#labelSetNumbers.set(key, number);
    return number;
  }

  #sequenceOf(labelSet: number, stack: ArrayLike<number>): Int32Array {
    this.#sequence = grow(this.#sequence, stack.length + 1);
    this.#sequence[0] = labelSet;
    for (let i = 0; i < stack.length; i++) {
      const location = stack[i] ?? -1;
      if (!(location >= 0 && location < this.#locations.size)) {
        throw new RangeError(`${location} is no location of this builder: it has ${this.#locations.size}`);
      }
      this.#sequence[i + 1] = location;
    }
    return this.#sequence.subarray(0, stack.length + 1);
  }

  #writeSamples(writeSample: WriteSample): void {
    const values = new Array<Integer>(this.#width).fill(0);
    for (let number = 0; number < this.#samples.size; number++) {
      const sequence = this.#samples.get(number);
      const at = number * this.#width;
      for (let i = 0; i < this.#width; i++) values[i] = rounded(this.#values[at + i] ?? 0);
      writeSample(sequence.subarray(1), values, this.#labelSets[sequence[0] ?? 0] ?? []);
    }
  }
}

const otherFrame: Frame = { functionName: '(other)', file: '', startLine: 0, line: 0 };

function rounded(value: number) {
  const whole = Math.round(value);
  // Adding 0 turns -0 into 0; beyond 2^53 a float is a whole number already.
  return Number.isSafeInteger(whole) ? whole + 0 : BigInt(whole);
}

function labelSetOf(labels: Labels): Label[] {
  return Object.keys(labels)
    .sort()
    .map((key) => {
      const value = labels[key] ?? '';
      const isNumeric = typeof value === 'number' && Number.isSafeInteger(value);
      // Adding 0 turns -0 into 0.
      return isNumeric ? { key, value: value + 0, unit: numberUnit } : { key, value: String(value), unit: '' };
    });
}

/**
 * Of numbers that have none. Without it, readers guess one from the label's name (`go tool pprof` shows `request`: 4711 as
 * 4.60kB, and `ms` as a time), and take 0 for a label that is not there.
 */
const numberUnit = 'count';

function keyOf(labels: readonly Label[]): string {
  return JSON.stringify(labels.map(({ key, value }) => [key, value]));
}
