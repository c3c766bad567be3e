import { type CallFrame, runtimeState } from '../../profile/frame-name.js';
import type { JsonObject } from '../../profile/read/json.js';
import type { Labels } from '../../protocol/label-records.js';

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
  readonly callFrame: CallFrame;
  readonly children?: readonly number[];
  readonly [field: string]: unknown;
}

/** What our own commands are called in profiles. */
export const ownUrl = 'profbuf:attach';

interface JoinedSample {
  readonly id: number;
  /** Microseconds of the machine's clock. */
  readonly time: number;
  /** False when V8 found no function of the program on the stack: it waits, or is between two callbacks. */
  readonly hasJavaScript: boolean;
}

/**
 * One .cpuprofile of windows that follow each other. Where two overlap, the earlier one counts. What our own commands took is
 * given to what they interrupted.
 */
export class JoinedWindows {
  #nodes: V8Node[] = [];
  #samples: JoinedSample[] = [];
  /** The labels of the first of them, as many as have been asked for. */
  #labels: (Labels | undefined)[] = [];
  #firstId = 0;
  #startTime = Number.POSITIVE_INFINITY;
  #endTime = 0;
  #lastSampleTime: number | undefined;

  get isEmpty(): boolean {
    return this.#nodes.length === 0;
  }

  add({ nodes, samples, timeDeltas, startTime, endTime }: V8Profile): void {
    const first = this.#firstId;
    const owners = ownersOf(nodes);
    const idle = new Set(nodes.filter(({ callFrame }) => noScript.has(runtimeState(callFrame))).map(({ id }) => id));
    let largest = 0;
    for (const node of nodes) {
      largest = Math.max(largest, node.id);
      const children = node.children?.map((id) => id + first);
      this.#nodes.push({ ...node, id: node.id + first, ...(children && { children }) });
    }
    this.#firstId += largest;
    const from = this.#lastSampleTime;
    let time = startTime;
    samples.forEach((id, index) => {
      time += timeDeltas[index] ?? 0;
      // What V8 hands over late is of the window before, which has it too.
      if (from !== undefined && time <= from) return;
      const owner = owners.get(id) ?? id;
      this.#samples.push({ id: owner + first, time, hasJavaScript: !idle.has(owner) });
    });
    this.#samples.sort((a, b) => a.time - b.time);
    this.#lastSampleTime = this.#samples.at(-1)?.time ?? from;
    // What was taken out ended where the first of these windows was under way.
    if (this.#startTime > startTime) this.#startTime = Math.max(startTime, this.#endTime);
    this.#endTime = Math.max(this.#endTime, endTime);
  }

  /** Asks for the labels of those samples that have come since it was asked the last time. */
  async label(labelsOf: (samples: readonly JoinedSample[]) => Promise<readonly (Labels | undefined)[]>): Promise<void> {
    const samples = this.#samples.slice(this.#labels.length);
    const labels = await labelsOf(samples);
    this.#labels.push(...samples.map((_, i) => labels[i]));
  }

  /** What has come in since it was taken out the last time, as a .cpuprofile and the labels of its samples. */
  takeOut(): { readonly file: JsonObject; readonly labels: readonly (Labels | undefined)[] } {
    let last = this.#startTime;
    const timeDeltas = this.#samples.map(({ time }) => {
      const delta = time - last;
      last = time;
      return delta;
    });
    const file = {
      nodes: this.#nodes,
      startTime: this.#startTime,
      endTime: this.#endTime,
      samples: this.#samples.map(({ id }) => id),
      timeDeltas,
    };
    const labels = this.#labels;
    this.#nodes = [];
    this.#samples = [];
    this.#labels = [];
    this.#firstId = 0;
    this.#startTime = Number.POSITIVE_INFINITY;
    return { file, labels };
  }
}

/** What a thread does without a function of the program. */
const noScript: ReadonlySet<string | undefined> = new Set(['(root)', '(program)', '(idle)']);

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
