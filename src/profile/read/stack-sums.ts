import { type Labels, ProfileBuilder, type ProfileHeader } from '../builder.js';
import { ProfileFormatError, ProfileTooLargeError } from '../errors.js';
import type { Frame } from '../frame.js';
import type { Profile } from '../profile.js';

/**
 * The most frames of all stacks together. A chain of calls in a file of 100 MB can be a million deep and have a sample at
 * each: nothing in the file is as large as the stacks that come of it.
 */
const mostFrames = 2 ** 25;

/** What a sum of values may come to: pprof has 63 bits. */
const largestSum = 2 ** 62;

/** Adds up the stacks of a file that others wrote. It trusts none of its sizes. */
export class StackSums {
  readonly #builder: ProfileBuilder;
  readonly #known = new Map<Frame, number>();
  readonly #sums: number[];
  #frames = 0;

  constructor(header: ProfileHeader) {
    this.#builder = new ProfileBuilder(header);
    this.#sums = header.sampleTypes.map(() => 0);
  }

  /**
   * @param frames Leaf first. A frame that is the same object as before is looked up but once.
   * @param values One for each sample type, not rounded.
   */
  add(frames: readonly Frame[], values: readonly number[], labels?: Labels): void {
    this.count(frames.length);
    this.addLocations(this.#builder.locations(frames, this.#known), values, labels);
  }

  /** The number of a frame, for {@link addLocations}. */
  location(frame: Frame): number {
    let number = this.#known.get(frame);
    if (number === undefined) {
      number = this.#builder.location(frame);
      this.#known.set(frame, number);
    }
    return number;
  }

  /** The same as {@link add} for a stack whose frames have been {@link count counted}. */
  addLocations(locations: readonly number[], values: readonly number[], labels?: Labels): void {
    values.forEach((value, i) => {
      const sum = (this.#sums[i] ?? 0) + Math.abs(value);
      if (!(sum <= largestSum)) throw new ProfileFormatError('damaged profile: its values are no sizes that can be');
      this.#sums[i] = sum;
    });
    this.#builder.add(locations, values, labels);
  }

  /** Says that a stack of so many frames is about to be made. */
  count(frames: number): void {
    this.#frames += frames;
    if (this.#frames > mostFrames) {
      throw new ProfileTooLargeError(`the profile is too large: its stacks have more than ${mostFrames} frames in all`);
    }
  }

  build(changes?: Parameters<ProfileBuilder['build']>[0]): Profile {
    return this.#builder.build(changes);
  }
}
