import type { ProfileModel } from '../profile/model.js';
import { framesByLocation, type StackFunction } from '../profile/write/frames.js';

/** How much of a profile is taken in. */
export interface StackLimits {
  /** Frames of one stack, nearest the root. */
  readonly depth: number;
  /** Nodes of the tree of all stacks. */
  readonly nodes: number;
}

/** All stacks of a profile, one behind the other. */
export interface Stacks {
  /** Frame numbers, the root of each stack first. */
  readonly frames: Int32Array;
  /** Where each sample's stack begins, and, one further, where the last one ends. */
  readonly starts: Int32Array;
  /** The frame that stands for those that there is no room for. */
  readonly cutFrame: number;
  /** How many stacks were deeper than the limit. */
  readonly deep: number;
}

/** Which frames, and functions, do the stacks of a profile consist of? Each frame is a place once, by its number. */
export function stacksOf(profile: ProfileModel, limits: StackLimits) {
  const names = new Interned<string>();
  const functions = new Interned<StackFunction>();
  const functionNumbers: number[] = [];
  const lines: number[] = [];
  const frameNumbers = new Map<number, number>();
  const frameNumber = (found: StackFunction, line: number): number => {
    const number = functions.add(found);
    const shownLine = lineNumber(line);
    const key = number * mostLines + shownLine;
    let frame = frameNumbers.get(key);
    if (frame === undefined) {
      frame = functionNumbers.push(number) - 1;
      lines.push(shownLine);
      frameNumbers.set(key, frame);
    }
    return frame;
  };
  const cutFrame = frameNumber({ name: '(cut)', file: '', startLine: 0, startColumn: 0 }, 0);
  const byLocation = framesByLocation(profile).map((frames) =>
    frames.map((frame) => frameNumber(frame.function, frame.line)),
  );

  const depths = profile.samples.map(({ stack }) =>
    stack.reduce((sum, location) => sum + (byLocation[location]?.length ?? 0), 0),
  );
  const starts = new Int32Array(depths.length + 1);
  depths.forEach((depth, sample) => {
    starts[sample + 1] = (starts[sample] ?? 0) + Math.min(depth, limits.depth + 1);
  });
  const frames = new Int32Array(starts.at(-1) ?? 0);
  profile.samples.forEach(({ stack }, sample) => {
    let at = starts[sample] ?? 0;
    const end = starts[sample + 1] ?? 0;
    for (let i = stack.length - 1; i >= 0 && at < end; i--) {
      const found = byLocation[stack[i] ?? -1] ?? [];
      for (let j = found.length - 1; j >= 0 && at < end; j--) frames[at++] = found[j] ?? cutFrame;
    }
    if ((depths[sample] ?? 0) > limits.depth) frames[end - 1] = cutFrame;
  });
  return {
    functions: {
      name: Int32Array.from(functions.all, ({ name }) => names.add(name)),
      file: Int32Array.from(functions.all, ({ file }) => names.add(file)),
      startLine: Int32Array.from(functions.all, ({ startLine }) => lineNumber(startLine)),
    },
    strings: names.all,
    frames: { function: Int32Array.from(functionNumbers), line: Int32Array.from(lines) },
    stacks: { frames, starts, cutFrame, deep: depths.filter((depth) => depth > limits.depth).length } satisfies Stacks,
    /** The samples, as they come. */
    order: Uint32Array.from(profile.samples, (_, sample) => sample),
  };
}

/** No file has as many. */
const mostLines = 2 ** 24;

/** Damaged and hostile profiles have any number for a line: those that can be none are not known. */
function lineNumber(line: number): number {
  return line > 0 && line < mostLines ? line : 0;
}

/** Which of two samples has the stack that comes first? Those that begin alike stand together. */
export function compareStacks({ frames, starts }: Stacks, a: number, b: number): number {
  let i = starts[a] ?? 0;
  let j = starts[b] ?? 0;
  const endOfA = starts[a + 1] ?? 0;
  const endOfB = starts[b + 1] ?? 0;
  while (i < endOfA && j < endOfB) {
    const difference = (frames[i++] ?? 0) - (frames[j++] ?? 0);
    if (difference !== 0) return difference;
  }
  return endOfA - i - (endOfB - j);
}

/** Numbers for values, in the order in which they are first met. */
class Interned<T> {
  readonly all: T[] = [];
  readonly #numbers = new Map<T, number>();

  add(value: T): number {
    let number = this.#numbers.get(value);
    if (number === undefined) {
      number = this.all.push(value) - 1;
      this.#numbers.set(value, number);
    }
    return number;
  }
}
