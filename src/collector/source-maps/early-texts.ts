import type { Frame } from '../../profile/frame.js';
import type { SourceMaps } from '../../profile/source-maps/source-maps.js';
import type { ThreadWindow } from '../sampling/thread-window.js';

/** As long as the program starts, in milliseconds after the first window. */
const startMs = 10_000;
/** How often V8 is asked at most. The first question is the expensive one. */
const mostQuestions = 8;
/** What nobody runs as it is, but for Node's own stripping of types, which keeps every place. */
const compiled = /\.(?:[cm]?ts|tsx|jsx)(?:\?[^/]*)?$/;

/**
 * Asks V8 for the texts of files that were compiled as they were loaded, while the program starts.
 *
 * V8 forgets the text of a script when none of its functions can be called any more: of a main module that has run through, at
 * the next garbage collection. And the first question is the one that holds the thread up: a program that has just had a
 * compiler for its start feels it least.
 */
export class EarlyTexts {
  readonly #sources: SourceMaps;
  readonly #frames = new Map<string, Frame[]>();
  readonly #seen = new Set<Frame>();
  readonly #known = new Set<string>();
  #endMs = Number.POSITIVE_INFINITY;
  #questions = 0;
  #isAsking = false;

  constructor(sources: SourceMaps) {
    this.#sources = sources;
  }

  add({ stacks }: ThreadWindow): void {
    const now = performance.now();
    if (this.#endMs === Number.POSITIVE_INFINITY) this.#endMs = now + startMs;
    if (now > this.#endMs || this.#questions === mostQuestions) {
      this.#frames.clear();
      this.#seen.clear();
      return;
    }
    for (const frame of new Set(stacks.flat())) {
      if (this.#seen.has(frame) || this.#known.has(frame.file) || !compiled.test(frame.file)) continue;
      this.#seen.add(frame);
      const frames = this.#frames.get(frame.file);
      if (frames) frames.push(frame);
      else this.#frames.set(frame.file, [frame]);
    }
    if (!this.#isAsking) this.#ask();
  }

  #ask(): void {
    const foreign: string[] = [];
    for (const [file, frames] of this.#frames) {
      const isForeign = this.#sources.isForeign(frames);
      // Too few of its functions have been seen.
      if (isForeign === undefined) continue;
      this.#known.add(file);
      this.#frames.delete(file);
      if (isForeign) foreign.push(file);
    }
    if (foreign.length === 0) return;
    this.#questions++;
    this.#isAsking = true;
    this.#sources.keepRunningTexts(foreign).finally(() => {
      this.#isAsking = false;
    });
  }
}
