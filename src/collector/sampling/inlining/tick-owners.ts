import { setImmediate } from 'node:timers/promises';
import type { V8Node, V8Profile } from '../window.js';
import { hidesInlinedFunctions } from './engine.js';
import { InlinedFunctions, type Owner } from './inlined-functions.js';
import { type SeenFunction, SeenFunctions } from './seen-functions.js';
import { SourceFiles } from './source-files.js';

/** How long the collector may be at it before it looks at its clocks again, in milliseconds. */
const sliceMs = 5;
/** How long for one window altogether: whose the ticks are that were not looked at then is not known. */
const mostMs = 300;
/** The same while the program's end waits, without files of Node's own, of which an empty program had 25 ms. */
const mostAwaitedMs = 5;

const unknown: Owner = { kind: 'unknown' };

/** Whose ticks are those that V8 has counted for a function? One for all threads, since they run the same files. */
export class TickOwners {
  readonly #seen = new SeenFunctions();
  readonly #files = new SourceFiles();
  readonly #inlined = new InlinedFunctions(this.#seen, this.#files);
  #known = new WeakMap<SeenFunction, Map<number, Owner>>();
  #rejected = 0;

  /** `undefined` where V8 itself knows it. */
  static forThisNode(): TickOwners | undefined {
    return hidesInlinedFunctions() ? new TickOwners() : undefined;
  }

  /**
   * Finds out what there is to know about the ticks of the profile, reads files for it, and answers by node and line.
   * @param isAwaited Whether the program's end waits for it.
   */
  async of({ nodes }: V8Profile, isAwaited: boolean): Promise<OwnerOfTick> {
    const functions = this.#seen.add(nodes);
    await this.#lookAt(functions, isAwaited);
    return (node, line) => {
      const seen = functions.get(node);
      if (seen === undefined || line === 0) return { kind: 'own' };
      return this.#known.get(seen)?.get(line) ?? unknown;
    };
  }

  /**
   * Lets the collector look at its clocks in between, and ends where the window has taken enough. The lines with the most ticks
   * come first.
   */
  async #lookAt(functions: ReadonlyMap<V8Node, SeenFunction>, isAwaited: boolean): Promise<void> {
    const longestMs = isAwaited ? mostAwaitedMs : mostMs;
    const begun = performance.now();
    let sliceBegun = begun;
    const lines = [...functions].flatMap(([node, seen]) =>
      isAwaited && seen.path.startsWith('node:')
        ? []
        : (node.positionTicks ?? []).flatMap(({ line, ticks }) => (line > 0 ? { seen, line, ticks } : [])),
    );
    for (const { seen, line } of lines.sort((a, b) => b.ticks - a.ticks)) {
      this.#lookUp(seen, line);
      const now = performance.now();
      if (now - begun > longestMs) return;
      if (now - sliceBegun < sliceMs) continue;
      await setImmediate();
      sliceBegun = performance.now();
    }
  }

  #lookUp(seen: SeenFunction, line: number): void {
    if (this.#rejected !== this.#files.rejected) {
      this.#rejected = this.#files.rejected;
      this.#known = new WeakMap();
    }
    let owners = this.#known.get(seen);
    if (owners === undefined) {
      owners = new Map();
      this.#known.set(seen, owners);
    }
    // What is unknown may be found out by what was seen since.
    if (owners.has(line) && owners.get(line)?.kind !== 'unknown') return;
    owners.set(line, this.#inlined.ownerOf(seen, line));
  }
}

/** @param line Of a tick that V8 has counted for the node, from 1. */
export type OwnerOfTick = (node: V8Node, line: number) => Owner;
