import { countOf } from '../../profile/count.js';
import type { SamplingTotals } from '../sampling/sampling-totals.js';
import type { Accumulator } from './accumulator.js';
import { rateComments } from './rate-comments.js';

export interface CommentFacts {
  readonly sampleRate: number;
  /** Whether CPU time is the operating system's. */
  readonly hasClock: boolean;
  /** What was sampled, and lost, until now. */
  readonly totals: SamplingTotals;
  /** Milliseconds from the start of the process to the first sample that could be taken. */
  readonly startedAfterMs: number;
  readonly notices: readonly string[];
}

/** What a profile says about itself: how its samples came about, and everything that is missing from it. */
export function commentsOf(accumulator: Accumulator, facts: CommentFacts): string[] {
  const { sampleRate, hasClock, totals, startedAfterMs, notices } = facts;
  const since = (of: (totals: SamplingTotals) => number) => of(totals) - of(accumulator.before);
  const comments = [
    `profbuf: Node.js ${process.version} on ${process.platform} ${process.arch}, ${sampleRate} samples a second`,
    `sampling began ${Math.round(startedAfterMs)} ms after the process`,
  ];
  if (accumulator.kind === 'cpu') comments.push(cpuComment(hasClock, since));
  const samples = since((totals) => totals.samples);
  const cpuNanos = since((totals) => totals.cpuNanos);
  const unattributedNanos = since((totals) => totals.unattributedNanos);
  comments.push(...rateComments({ samples, cpuNanos, unattributedNanos, lowestRate: totals.lowestRate }, sampleRate));
  const outsideMs = Math.round(since((totals) => totals.outsideNanos) / 1e6);
  if (outsideMs > 0) {
    comments.push(
      `${outsideMs} ms of CPU time are not in it: what threads spent before they were sampled, mostly Node's own beginning, and after their last line`,
    );
  }
  const frozenMs = Math.round(since((totals) => totals.frozenMicros) / 1000);
  if (frozenMs > 0) comments.push(`the whole process stood still for ${frozenMs} ms, which are in no stack`);
  const unknownSamples = since((totals) => totals.unknownSamples);
  if (unknownSamples > 0) {
    comments.push(
      `${unknownSamples} samples were taken in functions that V8 had inlined and did not name, nor could they be told from their lines: they are under the functions around them`,
    );
  }
  const recompilations = since((totals) => totals.recompilations);
  if (recompilations > 0) {
    const pauseMs = totals.recompilePauseMs.toFixed(1);
    comments.push(
      `V8 was made to compile again what ${countOf(recompilations, 'thread')} had optimised before being sampled; that held one up for ${pauseMs} ms at most`,
    );
  }
  const lostWindows = since((totals) => totals.lostWindows);
  if (lostWindows > 0) {
    const lostMs = Math.round(since((totals) => totals.lostNanos) / 1e6);
    comments.push(
      `lost: ${countOf(lostWindows, 'window')} of samples with ${lostMs} ms of CPU time, whose thread ended or did not answer before they were fetched`,
    );
  }
  comments.push(...stackComments(since((totals) => totals.truncatedSamples)));
  if (accumulator.otherSamples > 0) {
    comments.push(
      `${countOf(accumulator.otherSamples, 'sample is', 'samples are')} under (other): the table of stacks was full`,
    );
  }
  if (accumulator.otherFrames > 0) {
    comments.push(`${accumulator.otherFrames} times a frame is shown as (other): the table of frames was full`);
  }
  const interruptions = since((totals) => totals.interruptions);
  const standstills =
    since((totals) => totals.restarts) - interruptions - since((totals) => totals.rateReductions + totals.lostContexts);
  if (standstills > 0) comments.push(`V8's sampler stood still ${countOf(standstills, 'time')} and was started anew`);
  if (interruptions > 0) {
    comments.push(
      `the program ended our profile by console.profileEnd() on ${countOf(interruptions, 'thread')}: from then on there are short gaps every 2 s, and longer pauses`,
    );
  }
  const lostContexts = since((totals) => totals.lostContexts);
  if (lostContexts > 0) {
    comments.push(
      'the program sent itself a signal that it has no listener for, after which Node lets nobody call into it: from then on there are short gaps every 2 s, longer pauses, and no labels',
    );
  }
  comments.push(...labelComments(accumulator, since, totals.foreignLabels));
  return [...comments, ...notices];
}

/** What is not to be known of stacks. */
export function stackComments(truncatedSamples: number): string[] {
  if (truncatedSamples === 0) return [];
  return [
    `${truncatedSamples} samples have a stack that V8 has cut: it keeps the 254 frames nearest the leaf, and the callers of those are under (truncated)`,
  ];
}

function labelComments(
  accumulator: Accumulator,
  since: (of: (totals: SamplingTotals) => number) => number,
  foreign: number,
): string[] {
  const comments: string[] = [];
  const switches = since((totals) => totals.labelSwitches);
  const lost = since((totals) => totals.lostLabelSwitches);
  const samples = since((totals) => totals.samplesWithLostLabels);
  if (switches > 0) comments.push(`labels: ${switches} switches, ${lost} of them lost for want of room in the buffer`);
  if (samples > 0) comments.push(`${samples} samples carry profbuf.labels=lost: what was in force is not known`);
  if (foreign > 0) {
    comments.push(
      `another version of profbuf has the labels of ${countOf(foreign, 'thread')}, which are not on samples: load the same one everywhere`,
    );
  }
  if (accumulator.otherLabels > 0) {
    comments.push(`${accumulator.otherLabels} labels of samples are under (other): too many different values`);
  }
  return comments;
}

function cpuComment(hasClock: boolean, since: (of: (totals: SamplingTotals) => number) => number): string {
  if (!hasClock)
    return 'CPU time: the time between samples that are not idle; this system tells no CPU time of a thread';
  const waitMs = Math.round(since((totals) => totals.runQueueWaitNanos) / 1e6);
  return `CPU time: the operating system's, of each thread (schedstat), by which samples are weighed; besides, ${waitMs} ms were spent waiting for a processor`;
}
