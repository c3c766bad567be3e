import type { ProfileBuilder } from '../builder.js';
import type { Frame } from '../frame.js';
import type { OriginalFrames } from './source-maps.js';

/** Who knows how frames look in the sources. */
export type OriginalsOf = (frames: Iterable<Frame>) => Promise<OriginalFrames>;

export interface Originals {
  /** The same one where there is nothing to change. */
  readonly builder: ProfileBuilder;
  /** What a profile says about it. */
  readonly comments: readonly string[];
}

/** What was added up, by the functions that people wrote. */
export async function withOriginals(builder: ProfileBuilder, originalsOf: OriginalsOf): Promise<Originals> {
  const { hasChanges, frameOf, comments } = await originalsOf(builder.frames());
  return { builder: hasChanges ? builder.withFrames(frameOf) : builder, comments };
}

/** Where nothing is to be looked for. */
export const noOriginals: OriginalsOf = async () => ({ hasChanges: false, frameOf: (frame) => frame, comments: [] });
