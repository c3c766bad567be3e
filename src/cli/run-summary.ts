import type { Profile } from '../profile/profile.js';
import type { ProcessStatus } from '../protocol/process-status.js';
import { formatBytes, formatCount, formatTime } from './amounts.js';
import { fromHere } from './place.js';
import type { RecordedProcess } from './recording.js';

/**
 * What the command says at the end: where the profiles are, what is in them and what is not, and the top of the busiest.
 * @param usedNanos CPU time of all processes of the run, as far as they have ended and were waited for.
 */
export function describeRecording(processes: readonly RecordedProcess[], usedNanos: number | undefined): string {
  const lines = processes.length === 0 ? [nothingToProfile] : [];
  if (processes.length > 1) lines.push(`${processes.length} Node.js processes`);
  lines.push(...processes.flatMap(describeProcess), ...describeOthers(processes, usedNanos));
  return `${said(lines)}${describeBusiest(processes)}`;
}

/** The part of it that is said even to who wants to hear nothing: profiles that are not what they should be. */
export function describeFailures(processes: readonly RecordedProcess[]): string {
  const failed = processes.filter(
    ({ status, outcome, problem }) => problem !== undefined || (outcome === 'none' && status.state !== 'running'),
  );
  return said(failed.flatMap(describeProcess));
}

function said(lines: readonly string[]): string {
  return lines.map((line) => `profbuf: ${line}\n`).join('');
}

/** How many functions the table shows. */
const rows = 10;

function describeBusiest(processes: readonly RecordedProcess[]): string {
  const [busiest] = processes
    .filter(({ profile }) => profile !== undefined && profile.model.samples.length > 0)
    .sort((a, b) => b.status.cpuNanos - a.status.cpuNanos);
  if (busiest?.profile === undefined || busiest.file === undefined) return '';
  const heading = processes.length > 1 ? `\n${fromHere(busiest.file)}, the busiest:\n` : '\n';
  return `${heading}${topOfProfile(busiest.profile)}`;
}

/** The functions with the most time of their own. What stands above, such as comments and the duration, has been said. */
export function topOfProfile(profile: Profile): string {
  const table = profile.topTable(rows);
  return fromHere(table.slice(table.indexOf('\nShowing nodes') + 1));
}

/** A process that may not write where we look, under Node's permission model, has said on stderr why it is not profiled. */
const nothingToProfile =
  'no profile: the command started no Node.js process that could be profiled and got its NODE_OPTIONS from here';

function describeProcess({ status, outcome, file, earlier, profile, problem }: RecordedProcess): string[] {
  const who = `${status.name} (${status.pid})`;
  if (status.state === 'unavailable') return [`${who} was not profiled: ${status.reason ?? 'no reason given'}`];
  if (outcome === 'running' && file === undefined)
    return [`${who} runs on: its profile will be ${fromHere(status.output)}`];
  if (file === undefined) {
    const reason =
      status.state === 'running'
        ? 'it ended before its first checkpoint'
        : `nothing could be written to ${status.output}`;
    return [`there is no profile of ${who}: ${reason}`, ...status.notices.map((notice) => `${who}: ${notice}`)];
  }
  const written = profile === undefined || outcome === 'whole' ? status : inFile(profile);
  const allocated = profile && describeAllocations(profile, status, written);
  const facts = allocated ?? describeCpuTime(status, written);
  const notes = [...(problem === undefined ? [] : [problem]), ...status.notices];
  if (outcome === 'killed') {
    const missing = allocated === undefined ? describeMissingTime(status, written) : describeRest(status, written);
    notes.push(`it was killed: this is what was written up to the last checkpoint${missing}`);
  }
  if (outcome === 'running') notes.push(`${who} runs on, and so does its profile`);
  const name = fromHere(file);
  if (earlier !== undefined) notes.push(`what had that name before is now ${fromHere(earlier)}`);
  return [`${name}: ${facts.join(', ')}`, ...notes.map((note) => `${name}: ${note}`)];
}

/** What the file says, where there is one: a process that was killed wrote it some time before its last status. */
interface InFile {
  readonly samples: number;
  readonly cpuNanos: number;
  readonly elapsedMs: number;
}

function inFile({ model }: Profile): InFile {
  const sum = (type: string) => {
    const column = model.sampleTypes.findIndex((sampleType) => sampleType.type === type);
    return column === -1 ? 0 : model.samples.reduce((total, { values }) => total + Number(values[column]), 0);
  };
  return { samples: sum('samples'), cpuNanos: sum('cpu'), elapsedMs: Number(model.durationNanos) / 1e6 };
}

function describeCpuTime(status: ProcessStatus, { samples, cpuNanos, elapsedMs }: InFile): string[] {
  return [
    formatCount(samples, 'sample'),
    `${formatTime(cpuNanos / 1e6)} of CPU in ${formatTime(elapsedMs)}, from ${formatTime(status.startedAfterMs)} on`,
    ...(status.outsideNanos >= 1e6
      ? [`besides ${formatTime(status.outsideNanos / 1e6)} of CPU before its first line and after its last`]
      : []),
    `longest pause ${formatTime(status.longestPauseMs)}, at the start ${formatTime(status.startPauseMs)}`,
    ...(status.endPauseMs > 0 ? [`at the end ${formatTime(status.endPauseMs)}`] : []),
    describeLosses(status),
  ];
}

/** Its last status is newer than the file, and up to 250 ms older than its end. */
function describeMissingTime(status: ProcessStatus, written: InFile): string {
  const missingMs = (status.cpuNanos - written.cpuNanos) / 1e6;
  return missingMs >= 1 ? `, ${formatTime(missingMs)} of CPU and more came after it` : '';
}

/** The same of what is not CPU time. */
function describeRest(status: ProcessStatus, written: InFile): string {
  const restMs = status.elapsedMs - written.elapsedMs;
  return restMs >= 1 ? `, it ran for ${formatTime(restMs)} and more besides` : '';
}

/** @returns `undefined` for a profile of something else. */
function describeAllocations(
  { model }: Profile,
  { longestPauseMs }: ProcessStatus,
  { elapsedMs }: InFile,
): string[] | undefined {
  const column = model.sampleTypes.findIndex(({ type }) => type === 'alloc_space');
  if (column === -1) return undefined;
  const bytes = model.samples.reduce((sum, { values }) => sum + Number(values[column]), 0);
  return [
    `${formatBytes(bytes)} allocated by the main thread in ${formatTime(elapsedMs)}`,
    `longest pause ${formatTime(longestPauseMs)}`,
    ...model.comments.filter((comment) => comment.startsWith('lost: ')),
  ];
}

/** Of the CPU time, what may be in no stack without a word. */
const unsaidShare = 0.01;

function describeLosses({ cpuNanos, unsampledNanos, lost }: ProcessStatus): string {
  const { windows, otherSamples, restarts } = lost;
  const isSaid = unsampledNanos > unsaidShare * (cpuNanos + unsampledNanos);
  const losses = [
    isSaid ? `${formatTime(unsampledNanos / 1e6)} of CPU in no stack` : [],
    windows > 0 ? formatCount(windows, 'window') : [],
    otherSamples > 0 ? `${formatCount(otherSamples, 'sample')} without a stack of its own` : [],
    restarts > 0 ? `what ${formatCount(restarts, 'restart')} of V8's sampler took` : [],
  ].flat();
  return losses.length === 0 ? 'nothing lost' : `lost: ${losses.join(', ')}`;
}

/** What a process still uses when its last status is written, and the least that is worth a line, in nanoseconds. */
const endNanos = 30e6;
const leastNanos = 50e6;
/** Of all CPU time, what other processes may have had without a word. */
const othersShare = 0.02;

/** Is there work in processes that no profile is of: other programs, or Node with a NODE_OPTIONS of its own? */
function describeOthers(processes: readonly RecordedProcess[], usedNanos: number | undefined): string[] {
  if (usedNanos === undefined || processes.length === 0) return [];
  // That one is in no profile has its own line, and what it used nobody knows.
  if (processes.some(({ status }) => status.state === 'unavailable')) return [];
  const profiled = processes.filter(({ outcome }) => outcome !== 'running');
  const known = profiled.reduce((sum, { status }) => sum + status.processNanos + endNanos, 0);
  const others = usedNanos - known;
  if (others < Math.max(leastNanos, othersShare * usedNanos)) return [];
  const all = `${formatTime(others / 1e6)} of ${formatTime(usedNanos / 1e6)} of CPU`;
  return [`${all} were used by processes that are in no profile: not Node.js, or with NODE_OPTIONS of their own`];
}
