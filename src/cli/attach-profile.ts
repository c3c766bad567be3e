import { readFileSync } from 'node:fs';
import { heapIntervalBytes } from '../profile/heap/sampling.js';
import { Profile } from '../profile/profile.js';
import { originalModel } from '../profile/source-maps/original-model.js';
import { diskFiles } from '../profile/source-maps/source-files.js';
import { SourceMaps } from '../profile/source-maps/source-maps.js';
import type { HeapProfileName } from '../protocol/heap-settings.js';
import { formatBytes, formatCount, formatTime } from './amounts.js';
import type { Collected } from './attach/attached-process.js';
import { nameOf, type ProcessFacts } from './attach/process-facts.js';
import type { ThreadCollector } from './attach/thread-collector.js';
import { ThreadHeap } from './attach/thread-heap.js';
import { ThreadSampling } from './attach/thread-sampling.js';
import { BadInput } from './bad-input.js';
import { withLabel } from './profile-file.js';

/** How the threads of a process were looked at. */
export interface Look {
  readonly facts: ProcessFacts;
  /** How long after the process's start that was, in milliseconds. */
  readonly afterMs: number | undefined;
  /** Samples a second; of CPU time. */
  readonly rate: number;
  readonly recompiles: boolean;
  /** Instead of CPU time. */
  readonly heap: HeapProfileName | undefined;
}

/** One profile of what the threads gave, and what is to be said of it. */
export interface ThreadsProfile {
  readonly profile: Profile;
  /** Its amounts, and what was lost, in words. */
  readonly figures: readonly string[];
  readonly notices: readonly string[];
}

/**
 * Adds the threads' profiles up. Worker threads have the label `thread`.
 * @throws BadInput when there is nothing.
 */
export function profileOfThreads(collected: Collected<ThreadCollector>, look: Look): ThreadsProfile {
  const { facts, heap } = look;
  const { threads, outcome, mainCpuNanos } = collected;
  const parts = threads.flatMap((thread) => {
    const profile = thread.profile();
    return profile === undefined ? [] : [{ thread, model: profile.model }];
  });
  const ending = endingOf(collected, facts);
  if (parts.length === 0) {
    const reason = ending ?? threads[0]?.problem ?? 'it is blocked in native code, and V8 handed nothing over';
    throw new BadInput(`there is no profile of process ${facts.pid}: ${reason}`);
  }
  const losses = [
    ...threads
      .filter(({ missingMs }) => missingMs > 0)
      .map((thread) => `up to ${formatTime(thread.missingMs)} at the end of ${nameOfThread(thread)}`),
    ...lostLabels(threads),
  ];
  // Threads are looked at side by side: the profile lasts as long as the longest.
  const durationNanos = Math.max(...parts.map(({ model }) => Number(model.durationNanos)));
  const sum = Profile.merge(
    ...parts.map(({ thread, model }) =>
      Profile.fromModel({
        ...(thread.threadName === '' ? model : withLabel(model, 'thread', thread.threadName)),
        comments: [],
      }),
    ),
  );
  const comments = [
    `profbuf attach: process ${facts.pid} (${nameOf(facts)})`,
    ...(look.afterMs === undefined ? [] : [`it began ${Math.round(look.afterMs)} ms after the process`]),
    ...(heap === undefined ? cpuComments(collected, look) : heapComments(collected, heap)),
    ...parts.flatMap(({ thread, model }) => model.comments.map((comment) => `${nameOfThread(thread)}: ${comment}`)),
    ...(ending === undefined ? [] : [ending]),
    ...losses.map((loss) => `lost: ${loss}`),
    ...threads.flatMap((thread) =>
      thread.problem === undefined ? [] : [`${nameOfThread(thread)} was not looked at: ${thread.problem}`],
    ),
    ...labelComments(threads),
  ];
  const profile = Profile.fromModel({
    ...sum.model,
    comments,
    durationNanos,
    period: heap === undefined ? Math.round(1e9 / look.rate) : heapIntervalBytes,
    timeNanos: BigInt(collected.startedMs) * 1_000_000n,
  });
  const [count = 0, amount = 0] = sum.model.sampleTypes.map((_, column) =>
    sum.model.samples.reduce((total, { values }) => total + Number(values[column]), 0),
  );
  const duration = formatTime(durationNanos / 1e6);
  const amounts =
    heap === undefined
      ? [`${formatTime(amount / 1e6)} not idle in ${duration}`]
      : [`${formatBytes(amount)} allocated in ${duration}${heap === 'heap' ? ' and in use at the end' : ''}`];
  const figures = [
    formatCount(count, 'sample'),
    `${amounts}, of ${formatCount(parts.length, 'thread')}`,
    ...(heap !== undefined || mainCpuNanos === undefined
      ? []
      : [`${formatTime(mainCpuNanos / 1e6)} of CPU by the main thread`]),
    losses.length === 0 ? 'nothing lost' : `lost: ${losses.join(', ')}`,
  ];
  const notices = [
    ...(outcome === 'whole' ? [] : [`${ending}: this is what was there`]),
    ...(isRecorded(threads) ? [recordedNotice(facts)] : []),
  ];
  return { profile, figures, notices };
}

/** By the functions, files and lines that people wrote, as far as maps are found beside the files that ran. */
export async function inSources(
  profile: Profile,
  maps: SourceMaps = new SourceMaps({ files: diskFiles }),
): Promise<Profile> {
  const { model, comments } = await originalModel(profile.model, (frames) => maps.originalsOf(frames));
  return Profile.fromModel(model ?? { ...profile.model, comments: [...profile.model.comments, ...comments] });
}

/** Coverage that the program collects would end. */
export function recompiles(options: { readonly recompiles: boolean }, { environment }: ProcessFacts): boolean {
  return options.recompiles && (environment.get('NODE_V8_COVERAGE') ?? '') === '';
}

/** How long ago did it start? In milliseconds, to 10 ms. */
export function ageMs({ startTicks }: ProcessFacts): number | undefined {
  try {
    const upSeconds = Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]);
    const age = upSeconds * 1000 - Number(startTicks) * 10;
    return age >= 0 ? age : undefined;
  } catch {
    return undefined;
  }
}

/** Is it profiled by profbuf itself? Its own profile has more. */
export function recordedNotice({ pid }: ProcessFacts): string {
  return `process ${pid} runs with a profiler of profbuf's own, whose profile has labels and CPU time: take it from there, by /debug/pprof, take() or its file; this one has none of its labels`;
}

export function isRecorded(threads: readonly ThreadCollector[]): boolean {
  return threads.some((thread) => thread instanceof ThreadSampling && thread.labels.use === 'recorded');
}

function nameOfThread({ threadName }: ThreadCollector): string {
  return threadName || 'main thread';
}

/** Why was it over before its time? */
export function endingOf({ outcome }: Collected<ThreadCollector>, { pid }: ProcessFacts): string | undefined {
  if (outcome === 'ended') return `process ${pid} has ended`;
  return outcome === 'closed' ? `the inspector of process ${pid} was closed by something else` : undefined;
}

function cpuComments({ threads, mainCpuNanos }: Collected<ThreadCollector>, { rate, recompiles }: Look): string[] {
  const startMs = Math.max(...threads.map((thread) => thread.startMs));
  const again = recompiles
    ? 'V8 was made to compile again what it had optimised before'
    : 'functions that V8 had optimised before have no name while they run on: their callers have their time';
  return [
    `${rate} samples a second`,
    'CPU time: the time between samples that are not idle, by V8; the system may have had the thread wait meanwhile',
    ...(mainCpuNanos === undefined
      ? []
      : [`the system counts ${formatTime(mainCpuNanos / 1e6)} of CPU time by the main thread`]),
    `${again}; the start took ${formatTime(startMs)}`,
    'what V8 inlines has no frame of its own at the top of a stack before Node 26: the function around it is named, with the line of what is inlined',
  ];
}

function heapComments({ threads }: Collected<ThreadCollector>, heap: HeapProfileName): string[] {
  const readMs = Math.max(0, ...threads.map((thread) => (thread instanceof ThreadHeap ? thread.readMs : 0)));
  return [
    heap === 'heap'
      ? 'heap: what was allocated meanwhile and is in use at the end; what was allocated before is not in it, and alloc_ counts the same as inuse_: --allocs has what is dead too'
      : 'allocs: what was allocated meanwhile, dead or alive',
    `one object in ${heapIntervalBytes / 1024} KiB is looked at: a figure of n samples is right to 1/√n (standard deviation); objects are the sampled ones, space is scaled; what V8 has inlined is its caller's`,
    `V8 collected all garbage before it was read, which held a thread up for ${formatTime(readMs)} at most`,
  ];
}

function lostLabels(threads: readonly ThreadCollector[]): string[] {
  const labels = threads.flatMap((thread) => (thread instanceof ThreadSampling ? [thread.labels] : []));
  const switches = labels.reduce((sum, { lostSwitches }) => sum + lostSwitches, 0);
  const samples = labels.reduce((sum, { samplesWithLostLabels }) => sum + samplesWithLostLabels, 0);
  return [
    ...(switches > 0 ? [formatCount(switches, 'label switch', 'label switches')] : []),
    ...(samples > 0 ? [`the labels of ${formatCount(samples, 'sample')}`] : []),
  ];
}

function labelComments(threads: readonly ThreadCollector[]): string[] {
  return threads.flatMap((thread) => {
    if (!(thread instanceof ThreadSampling)) return [];
    const who = nameOfThread(thread);
    if (thread.labels.use === 'other version')
      return [`${who}: its labels are of a version of profbuf that this one cannot read`];
    return thread.labels.use === 'recorded' ? [`${who}: its labels are read by a profiler of its own`] : [];
  });
}
