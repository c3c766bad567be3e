import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeAs, type ProfileFormat } from '../profile/format.js';
import { writeTemporary } from '../profile/output-file.js';
import { takeOver } from '../profile/own-file.js';
import { Profile } from '../profile/profile.js';
import { originalModel } from '../profile/source-maps/original-model.js';
import { diskFiles } from '../profile/source-maps/source-files.js';
import { SourceMaps } from '../profile/source-maps/source-maps.js';
import { reportPage } from '../report/report-page.js';
import { formatCount, formatTime } from './amounts.js';
import type { Sampled } from './attach/attached-process.js';
import { nameOf, type ProcessFacts } from './attach/process-facts.js';
import { type AttachTarget, attachTargetOf, attachTo, say, targetOptions, targetUsage } from './attach-to.js';
import { BadInput, reasonOf } from './bad-input.js';
import { chooseFormat, defaultName, stemOf } from './file-format.js';
import { parseOptions } from './options.js';
import { writablePath } from './output-path.js';
import { fromHere } from './place.js';
import { withLabel, writeWhole } from './profile-file.js';
import { columnsOfProfile } from './report-file.js';
import { topOfProfile } from './run-summary.js';

export const attachUsage = `Usage: profbuf attach [options] PID

Profiles a Node.js process that runs already, all its threads, and leaves it as it was. Linux only.
It opens the process's inspector by SIGUSR1, on loopback, unless it is open already, and closes it again: until then
every user of the machine can reach it, and with it do what the process can (docs/attach.md).
The process writes "Debugger listening on ..." and the like to its stderr. Ctrl-C ends early.

Options:
  --seconds S         how long, 0.1 to 600 (default 10)
  --rate HZ           samples a second, 1 to 10000 (default 100)
  -o, --output FILE   where the profile goes (default profile.pb.gz, or as the format has it)
  --format FORMAT     pprof, cpuprofile, speedscope, firefox or collapsed (default: by FILE's ending, else pprof)
  --report[=FILE]     make a page of it at the end, to look at (default: as the profile, ending in .html)
  --no-recompile      do not make V8 compile again what it had optimised: functions that have run since
                      before have no name then, and their callers get their time
  --no-source-maps    show files as they run, and not the sources that source maps lead to
${targetUsage}
  -h, --help          this text
`;

interface AttachOptions extends AttachTarget {
  readonly seconds: number;
  readonly rate: number;
  /** Absolute, proved to be writable, as is the next. */
  readonly output: string;
  readonly report: string | undefined;
  readonly format: ProfileFormat;
  readonly recompiles: boolean;
  readonly usesSourceMaps: boolean;
}

export async function attach(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  if (options === undefined) return;
  const { pid, seconds, rate } = options;
  const run = await attachTo('attach', options, async (attached, facts, stop) => {
    say(`samples process ${pid} (${nameOf(facts)}) at ${rate} Hz for ${seconds} s`);
    const afterMs = ageMs(facts);
    const enough = new AbortController();
    const over = delay(seconds * 1000, undefined, { signal: AbortSignal.any([stop, enough.signal]) }).catch(() => {});
    try {
      return { facts, afterMs, sampled: await attached.sample({ rate, recompiles: recompiles(options, facts) }, over) };
    } finally {
      // The timer would keep this command.
      enough.abort();
    }
  });
  await report(run.sampled, run.afterMs, run.facts, options);
}

/** @returns nothing when all that was asked for is the usage text. */
function readOptions(args: readonly string[]): AttachOptions | undefined {
  const { values, operands } = parseOptions(
    'attach',
    {
      seconds: { type: 'string' },
      rate: { type: 'string' },
      output: { type: 'string', short: 'o' },
      format: { type: 'string' },
      report: { type: 'optional' },
      'no-recompile': { type: 'boolean' },
      'no-source-maps': { type: 'boolean' },
      ...targetOptions,
      help: { type: 'boolean', short: 'h' },
    },
    args,
  );
  if (values.help) {
    process.stdout.write(attachUsage);
    return undefined;
  }
  const target = attachTargetOf('attach', values, operands);
  const seconds = Number(values.seconds ?? 10);
  if (!(seconds >= 0.1 && seconds <= 600)) {
    throw new BadInput(`--seconds ${values.seconds}: seconds are a number from 0.1 to 600`);
  }
  const rate = Number(values.rate ?? 100);
  if (!(rate >= 1 && rate <= 10_000)) {
    throw new BadInput(`--rate ${values.rate}: samples a second are a number from 1 to 10000`);
  }
  const format = chooseFormat(values.format, values.output);
  const output = writablePath(values.output ?? defaultName('profile', format));
  const page =
    typeof values.report === 'string'
      ? values.report
      : `${output.slice(0, -basename(output).length)}${stemOf(basename(output))}.html`;
  return {
    ...target,
    seconds,
    rate,
    output,
    report: values.report === undefined ? undefined : writablePath(page),
    format,
    recompiles: values['no-recompile'] !== true,
    usesSourceMaps: values['no-source-maps'] !== true,
  };
}

/** Coverage that the program collects would end. */
function recompiles(options: AttachOptions, { environment }: ProcessFacts): boolean {
  return options.recompiles && (environment.get('NODE_V8_COVERAGE') ?? '') === '';
}

async function report(
  sampled: Sampled,
  afterMs: number | undefined,
  facts: ProcessFacts,
  options: AttachOptions,
): Promise<void> {
  const { pid } = facts;
  const { threads, outcome } = sampled;
  const profiles = threads.flatMap(({ name, profile }) => {
    if (profile === undefined) return [];
    return [name === '' ? profile.model : withLabel(profile.model, 'thread', name)];
  });
  const ended = outcome === 'ended' ? `process ${pid} has ended` : undefined;
  if (profiles.length === 0) {
    const reason = ended ?? threads[0]?.problem ?? 'it is blocked in native code, and V8 handed nothing over';
    throw new BadInput(`there is no profile of process ${pid}: ${reason}`);
  }
  const losses = threads
    .filter(({ missingMs }) => missingMs > 0)
    .map(({ name, missingMs }) => `up to ${formatTime(missingMs)} at the end of ${name || 'main thread'}`);
  const comments = commentsOf(sampled, afterMs, facts, options, losses);
  // Threads are sampled side by side: the profile lasts as long as the longest.
  const durationNanos = Math.max(...profiles.map((model) => Number(model.durationNanos)));
  const sum = Profile.merge(...profiles.map((model) => Profile.fromModel({ ...model, comments: [] })));
  const asItRan = Profile.fromModel({
    ...sum.model,
    comments,
    durationNanos,
    period: Math.round(1e9 / options.rate),
    timeNanos: BigInt(sampled.startedMs) * 1_000_000n,
  });
  const profile = options.usesSourceMaps ? await inSources(asItRan) : asItRan;
  const earlier = await write(profile, options);
  const name = fromHere(options.output);
  const [samples = 0, nanos = 0] = sum.model.sampleTypes.map((_, column) =>
    sum.model.samples.reduce((total, { values }) => total + Number(values[column]), 0),
  );
  const figures = [
    formatCount(samples, 'sample'),
    `${formatTime(nanos / 1e6)} not idle in ${formatTime(durationNanos / 1e6)}, of ${formatCount(profiles.length, 'thread')}`,
    ...(sampled.mainCpuNanos === undefined
      ? []
      : [`${formatTime(sampled.mainCpuNanos / 1e6)} of CPU by the main thread`]),
    losses.length === 0 ? 'nothing lost' : `lost: ${losses.join(', ')}`,
  ];
  say(`${name}: ${figures.join(', ')}`);
  if (earlier !== undefined) say(`${name}: what had that name before is now ${fromHere(earlier)}`);
  if (ended !== undefined) say(`${ended}: this is what was there`);
  if (profile.model.samples.length > 0) process.stderr.write(`\n${topOfProfile(profile)}`);
  if (options.report !== undefined) {
    const title = `${nameOf(facts)} (${pid})`;
    writeWhole(options.report, await reportPage(columnsOfProfile(profile, { title, sources: '.' })));
    say(`${fromHere(options.report)}: the report`);
  }
}

/** By the functions, files and lines that people wrote, as far as maps are found beside the files that ran. */
async function inSources(profile: Profile): Promise<Profile> {
  const maps = new SourceMaps({ files: diskFiles });
  const { model, comments } = await originalModel(profile.model, (frames) => maps.originalsOf(frames));
  return Profile.fromModel(model ?? { ...profile.model, comments: [...profile.model.comments, ...comments] });
}

/** What the profile says about itself. */
function commentsOf(
  { threads, outcome, mainCpuNanos }: Sampled,
  afterMs: number | undefined,
  facts: ProcessFacts,
  options: AttachOptions,
  losses: readonly string[],
): string[] {
  const startMs = Math.max(...threads.map((thread) => thread.startMs));
  const idle = threads.flatMap(({ name, profile }) =>
    (profile?.model.comments ?? []).map((comment) => `${name || 'main thread'}: ${comment}`),
  );
  const again = recompiles(options, facts)
    ? 'V8 was made to compile again what it had optimised before'
    : 'functions that V8 had optimised before have no name while they run on: their callers have their time';
  return [
    `profbuf attach: process ${facts.pid} (${nameOf(facts)}), ${options.rate} samples a second`,
    ...(afterMs === undefined ? [] : [`sampling began ${Math.round(afterMs)} ms after the process`]),
    'CPU time: the time between samples that are not idle, by V8; the system may have had the thread wait meanwhile',
    ...(mainCpuNanos === undefined
      ? []
      : [`the system counts ${formatTime(mainCpuNanos / 1e6)} of CPU time by the main thread`]),
    ...idle,
    `${again}; the start took ${formatTime(startMs)}`,
    'what V8 inlines has no frame of its own at the top of a stack before Node 26: the function around it is named, with the line of what is inlined',
    ...(outcome === 'ended' ? ['the process has ended meanwhile'] : []),
    ...losses.map((loss) => `lost: ${loss}, which ended, or did not answer`),
    ...threads.flatMap(({ name, problem }) =>
      problem === undefined ? [] : [`${name || 'main thread'} was not sampled: ${problem}`],
    ),
  ];
}

/** @returns where the file is now that had the name before. */
async function write(profile: Profile, { output, format }: AttachOptions): Promise<string | undefined> {
  try {
    return takeOver(writeTemporary(output, await encodeAs(profile, format)), output);
  } catch (error) {
    throw new BadInput(`cannot write ${output}: ${reasonOf(error)}`);
  }
}

/** How long ago did it start? In milliseconds, to 10 ms. */
function ageMs({ startTicks }: ProcessFacts): number | undefined {
  try {
    const upSeconds = Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]);
    const age = upSeconds * 1000 - Number(startTicks) * 10;
    return age >= 0 ? age : undefined;
  } catch {
    return undefined;
  }
}
