import type { JsonObject } from '../../profile/read/json.js';

/** `Profiler.Profile` of the inspector protocol, as V8 itself makes it. */
export interface V8Profile {
  readonly nodes: readonly V8Node[];
  /** Microseconds of the machine's clock, as the deltas add up to. */
  readonly startTime: number;
  readonly endTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface V8Node {
  readonly id: number;
  readonly callFrame: { readonly url: string };
  readonly children?: readonly number[];
  readonly [field: string]: unknown;
}

/** What our own commands are called in profiles. */
export const ownUrl = 'profbuf:attach';

/**
 * One .cpuprofile of windows that follow each other. Where two overlap, the earlier one counts. What our own commands took is
 * given to what they interrupted.
 */
export class JoinedWindows {
  readonly #nodes: V8Node[] = [];
  readonly #samples: { readonly id: number; readonly time: number }[] = [];
  #firstId = 0;
  #startTime = Number.POSITIVE_INFINITY;
  #endTime = 0;

  get isEmpty(): boolean {
    return this.#nodes.length === 0;
  }

  /** How long it was sampled, in microseconds. */
  get micros(): number {
    return this.isEmpty ? 0 : this.#endTime - this.#startTime;
  }

  add({ nodes, samples, timeDeltas, startTime, endTime }: V8Profile): void {
    const first = this.#firstId;
    const owners = ownersOf(nodes);
    let largest = 0;
    for (const node of nodes) {
      largest = Math.max(largest, node.id);
      const children = node.children?.map((id) => id + first);
      this.#nodes.push({ ...node, id: node.id + first, ...(children && { children }) });
    }
    this.#firstId += largest;
    const from = this.isEmpty ? startTime : this.#samples.at(-1)?.time;
    let time = startTime;
    samples.forEach((id, index) => {
      time += timeDeltas[index] ?? 0;
      // What V8 hands over late is of the window before, which has it too.
      if (from === undefined || time > from) this.#samples.push({ id: (owners.get(id) ?? id) + first, time });
    });
    this.#samples.sort((a, b) => a.time - b.time);
    this.#startTime = Math.min(this.#startTime, startTime);
    this.#endTime = Math.max(this.#endTime, endTime);
  }

  toJson(): JsonObject {
    let last = this.#startTime;
    const timeDeltas = this.#samples.map(({ time }) => {
      const delta = time - last;
      last = time;
      return delta;
    });
    return {
      nodes: this.#nodes,
      startTime: this.#startTime,
      endTime: this.#endTime,
      samples: this.#samples.map(({ id }) => id),
      timeDeltas,
    };
  }
}

/** For each node that is ours, or called by it, the one that was interrupted. */
function ownersOf(nodes: readonly V8Node[]): ReadonlyMap<number, number> {
  const owners = new Map<number, number>();
  const children = new Map(nodes.map((node) => [node.id, node.children ?? []]));
  const own = new Set(nodes.filter(({ callFrame }) => callFrame.url === ownUrl).map(({ id }) => id));
  for (const { id } of nodes) {
    // Their own children are met on the way.
    const waiting = own.has(id) ? [] : (children.get(id) ?? []).filter((child) => own.has(child));
    for (let child = waiting.pop(); child !== undefined; child = waiting.pop()) {
      owners.set(child, id);
      waiting.push(...(children.get(child) ?? []));
    }
  }
  return owners;
}
