import { fileURLToPath } from 'node:url';
import { type SeenFrame, type SeenStack, seenFrame } from './stack.js';

interface CallFrame {
  readonly functionName: string;
  readonly scriptId: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** `Profiler.Profile` of the inspector protocol. */
interface CpuProfileFile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
    readonly children?: readonly number[];
  }[];
  /** Microseconds. */
  readonly startTime: number;
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

/** `HeapProfiler.SamplingHeapProfile`. */
interface HeapProfileFile {
  readonly head: HeapNode;
}
interface HeapNode {
  readonly callFrame: CallFrame;
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

/** As DevTools tells functions apart: by script, line and column. Scripts have other numbers in other threads. */
function frameOf({ functionName, scriptId, url, lineNumber, columnNumber }: CallFrame): SeenFrame {
  const script = url === '' ? scriptId : '';
  return seenFrame(
    functionName,
    url.startsWith('file:') ? fileURLToPath(url) : url,
    `${script}:${lineNumber}:${columnNumber}`,
  );
}

type Span = readonly [begin: number, end: number];

const noLabels: ReadonlyMap<string, string> = new Map();

/**
 * The stacks of a .cpuprofile in nanoseconds: a sample stands for the time before it, as DevTools has it. Node's own profiler
 * runs before the program does; what lies outside of the span is left out.
 * @param span Nanoseconds of the system's monotonic clock, from which V8 has its times.
 */
export function stacksOfCpuProfile(file: string, [begin, end]: Span): SeenStack[] {
  const { nodes, startTime, samples, timeDeltas } = JSON.parse(file) as CpuProfileFile;
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, frameOf(callFrame)]));
  const values = new Map<number, number>();
  let at = startTime * 1000;
  samples.forEach((id, i) => {
    const before = at;
    at += (timeDeltas[i] ?? 0) * 1000;
    const inside = Math.min(at, end) - Math.max(before, begin);
    if (inside > 0) values.set(id, (values.get(id) ?? 0) + inside);
  });
  return [...values].map(([node, value]) => {
    const stack: SeenFrame[] = [];
    // The outermost node, (root), is no function.
    for (let id: number | undefined = node; id !== undefined; id = parents.get(id))
      stack.push(frames.get(id) as SeenFrame);
    return { frames: stack.slice(0, -1), value, labels: noLabels };
  });
}

/** The stacks of a .heapprofile in bytes. */
export function stacksOfHeapProfile(file: string): SeenStack[] {
  const { head } = JSON.parse(file) as HeapProfileFile;
  const stacks: SeenStack[] = [];
  const walk = ({ callFrame, selfSize, children }: HeapNode, callers: readonly SeenFrame[]) => {
    const frames = [frameOf(callFrame), ...callers];
    stacks.push({ frames, value: selfSize, labels: noLabels });
    for (const child of children) walk(child, frames);
  };
  for (const child of head.children) walk(child, []);
  return stacks;
}
