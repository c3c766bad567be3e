import type { Profile } from '../profile/profile.js';
import type { ProcessStatus } from '../protocol/process-status.js';
import { formatBytes, formatCount, formatTime } from './amounts.js';
import { fromHere } from './place.js';
import type { RecordedProcess } from './recording.js';

/** What the command says at the end: where the profiles are, what is in them and what is not, and the top of the busiest. */
export function describeRecording(processes: readonly RecordedProcess[]): string {
  const lines = processes.length === 0 ? [nothingToProfile] : [];
  if (processes.length > 1) lines.push(`${processes.length} Node.js processes`);
  lines.push(...processes.flatMap(describeProcess));
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
  const table = busiest.profile.topTable(rows);
  // What stands above, such as the profile's comments and its duration, has been said.
  const heading = processes.length > 1 ? `\n${fromHere(busiest.file)}, the busiest:\n` : '\n';
  return `${heading}${fromHere(table.slice(table.indexOf('\nShowing nodes') + 1))}`;
}

/** A process that may not write where we look, under Node's permission model, has said on stderr why it is not profiled. */
const nothingToProfile =
  'no profile: the command started no Node.js process that could be profiled and got its NODE_OPTIONS from here';

function describeProcess({ status, outcome, file, profile, problem }: RecordedProcess): string[] {
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
  const facts = (profile && describeAllocations(profile, status)) ?? describeCpuTime(status);
  const notes = [...(problem === undefined ? [] : [problem]), ...status.notices];
  if (outcome === 'killed') notes.push('it was killed: this is what was written up to the last checkpoint');
  if (outcome === 'running') notes.push(`${who} runs on, and so does its profile`);
  const name = fromHere(file);
  return [`${name}: ${facts.join(', ')}`, ...notes.map((note) => `${name}: ${note}`)];
}

function describeCpuTime(status: ProcessStatus): string[] {
  return [
    formatCount(status.samples, 'sample'),
    `${formatTime(status.cpuNanos / 1e6)} of CPU in ${formatTime(status.elapsedMs)}, from ${formatTime(status.startedAfterMs)} on`,
    `longest pause ${formatTime(status.longestPauseMs)}, at the start ${formatTime(status.startPauseMs)}`,
    ...(status.endPauseMs > 0 ? [`at the end ${formatTime(status.endPauseMs)}`] : []),
    describeLosses(status),
  ];
}

/** @returns `undefined` for a profile of something else. */
function describeAllocations({ model }: Profile, status: ProcessStatus): string[] | undefined {
  const column = model.sampleTypes.findIndex(({ type }) => type === 'alloc_space');
  if (column === -1) return undefined;
  const bytes = model.samples.reduce((sum, { values }) => sum + Number(values[column]), 0);
  return [
    `${formatBytes(bytes)} allocated by the main thread in ${formatTime(status.elapsedMs)}`,
    `longest pause ${formatTime(status.longestPauseMs)}`,
    ...model.comments.filter((comment) => comment.startsWith('lost: ')),
  ];
}

/** Of the CPU time, what may be in no stack without a word; and less than two samples stand for cannot be told at all. */
const unsaidShare = 0.01;
const unsaidNanos = 20e6;

function describeLosses({ cpuNanos, unsampledNanos, lost }: ProcessStatus): string {
  const { windows, otherSamples, restarts } = lost;
  const isSaid = unsampledNanos > Math.max(unsaidNanos, unsaidShare * (cpuNanos + unsampledNanos));
  const losses = [
    isSaid ? `${formatTime(unsampledNanos / 1e6)} of CPU in no stack` : [],
    windows > 0 ? formatCount(windows, 'window') : [],
    otherSamples > 0 ? `${formatCount(otherSamples, 'sample')} without a stack of its own` : [],
    restarts > 0 ? `what ${formatCount(restarts, 'restart')} of V8's sampler took` : [],
  ].flat();
  return losses.length === 0 ? 'nothing lost' : `lost: ${losses.join(', ')}`;
}
