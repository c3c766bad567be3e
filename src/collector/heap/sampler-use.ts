import type { HeapProfileName } from '../../protocol/heap-settings.js';
import { HeapSamplerTakenError } from './taken-error.js';

/**
 * Which profile may have the sampler? The one that the program was started with, or else the one that was asked for last. While
 * one is collected over some seconds, the other is refused.
 */
export class SamplerUse {
  readonly #collections = { heap: 0, allocs: 0 };
  #standing: HeapProfileName | undefined;
  #pinned: HeapProfileName | undefined;

  /** What is to be served when nothing is collected. */
  get standing(): HeapProfileName | undefined {
    return this.#standing;
  }

  get pinned(): HeapProfileName | undefined {
    return this.#pinned;
  }

  get isCollecting(): boolean {
    return this.#collections.heap > 0 || this.#collections.allocs > 0;
  }

  /** @throws {HeapSamplerTakenError} */
  stand(name: HeapProfileName): void {
    this.#mustBeFree(name);
    this.#standing = name;
  }

  /** Only this profile from now on. */
  pin(name: HeapProfileName): void {
    this.stand(name);
    this.#pinned = name;
  }

  /** Nothing, until something is asked for. */
  unpin(): void {
    this.#pinned = undefined;
    this.#standing = undefined;
  }

  /** @throws {HeapSamplerTakenError} */
  beginCollection(name: HeapProfileName): void {
    this.#mustBeFree(name);
    this.#collections[name]++;
  }

  endCollection(name: HeapProfileName): void {
    this.#collections[name]--;
  }

  #mustBeFree(name: HeapProfileName): void {
    const other = otherProfile(name);
    const why = `${name} is not to be had: V8 has one sampler of a thread's heap, and it serves ${other}`;
    if (this.#pinned === other) throw new HeapSamplerTakenError(`${why}, with which this program was started`);
    if (this.#collections[other] > 0) {
      throw new HeapSamplerTakenError(`${why}, which is being collected for some seconds: ask again when that is over`);
    }
  }
}

export function otherProfile(name: HeapProfileName): HeapProfileName {
  return name === 'heap' ? 'allocs' : 'heap';
}
