import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeAs, type ProfileFormat } from '../profile/format.js';
import { writeTemporary } from '../profile/output-file.js';
import { takeOver } from '../profile/own-file.js';
import { Profile } from '../profile/profile.js';
import { reportPage } from '../report/report-page.js';
import { formatCount, formatTime } from './amounts.js';
import { AttachedProcess, type Sampled } from './attach/attached-process.js';
import { type OpenInspector, openInspector } from './attach/open-inspector.js';
import { factsOf, type ProcessFacts } from './attach/process-facts.js';
import { refusalOf, refuse } from './attach/refusal.js';
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
every user of the machine can reach it, and with it do what the process can (docs/attach.md). the process writes "Debugger listening on ..." and the like to its stderr. Ctrl-C ends early.

Options:
  --seconds S         how long, 0.1 to 600 (default 10)
  --rate HZ           samples a second, 1 to 10000 (default 100)
  -o, --output FILE   where the profile goes (default profile.pb.gz, or as the format has it)
  --format FORMAT     pprof, cpuprofile, speedscope, firefox or collapsed (default: by FILE's ending, else pprof)
  --report[=FILE]     make a page of it at the end, to look at (default: as the profile, ending in .html)
  --no-recompile      do not make V8 compile again what it had optimised: functions that have run since
                      before have no name then, and their callers get their time
  --port PORT         where its inspector is open already, if the program opened it itself by inspector.open()
  --signal            send SIGUSR1 also where it cannot be told whether the program listens to it itself
  -h, --help          this text
`;

interface AttachOptions {
  readonly pid: number;
  readonly seconds: number;
  readonly rate: number;
  /** Absolute, proved to be writable, as is the next. */
  readonly output: string;
  readonly report: string | undefined;
  readonly format: ProfileFormat;
  readonly recompiles: boolean;
  /** Of an inspector that is open already. */
  readonly port: number | undefined;
  readonly isSignalAllowed: boolean;
}

export async function attach(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  if (options === undefined) return;
  if (process.platform !== 'linux') throw new BadInput('attach is for Linux only so far');
  const { pid } = options;
  const facts = factsOf(pid);
  refuse(refusalOf(facts));
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  // From before the process's inspector is opened until it is closed again nothing ends this command at once.
  for (const signal of endingSignals) process.on(signal, onSignal);
  try {
    const inspector = await openInspector(facts, {
      port: options.port,
      isSignalAllowed: options.isSignalAllowed,
      stop: stop.signal,
      onSignal: () => say(`opens the inspector of process ${pid}, which says so on its stderr`),
      onSilence: () => say(`process ${pid} does not answer, and may be blocked in native code: waits; Ctrl-C gives up`),
    });
    await profile(facts, inspector, options, stop);
  } finally {
    for (const signal of endingSignals) process.off(signal, onSignal);
  }
}

async function profile(
  facts: ProcessFacts,
  inspector: OpenInspector,
  options: AttachOptions,
  stop: AbortController,
): Promise<void> {
  const { pid, seconds, rate } = options;
  const attached = await AttachedProcess.attach(facts, inspector);
  const afterMs = ageMs(facts);
  let sampled: Sampled | undefined;
  try {
    if (!stop.signal.aborted) {
      say(`samples process ${pid} (${nameOf(facts)}) at ${rate} Hz for ${seconds} s`);
      const enough = delay(seconds * 1000, undefined, { signal: stop.signal }).catch(() => {});
      sampled = await attached.sample({ rate, recompiles: recompiles(options, facts) }, enough);
    }
  } finally {
    // The timer would keep this command.
    stop.abort();
    const problem = await attached.detach();
    if (problem !== undefined) say(problem);
  }
  if (sampled === undefined) throw new BadInput(`ended before process ${pid} was sampled`);
  await report(sampled, afterMs, facts, options);
}

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

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
      port: { type: 'string' },
      signal: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
    args,
  );
  if (values.help) {
    process.stdout.write(attachUsage);
    return undefined;
  }
  const [word, ...more] = operands;
  if (word === undefined) throw new BadInput('no process; name one by its id: see profbuf attach --help');
  if (more.length > 0) throw new BadInput(`one process at a time, not ${operands.join(' ')}`);
  if (!/^[1-9]\d{0,9}$/.test(word)) throw new BadInput(`${word} is no process id: that is a whole number from 1 on`);
  const seconds = Number(values.seconds ?? 10);
  if (!(seconds >= 0.1 && seconds <= 600)) {
    throw new BadInput(`--seconds ${values.seconds}: seconds are a number from 0.1 to 600`);
  }
  const rate = Number(values.rate ?? 100);
  if (!(rate >= 1 && rate <= 10_000)) {
    throw new BadInput(`--rate ${values.rate}: samples a second are a number from 1 to 10000`);
  }
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
    throw new BadInput(`--port ${values.port}: a port is a whole number from 1 to 65535`);
  }
  const format = chooseFormat(values.format, values.output);
  const output = writablePath(values.output ?? defaultName('profile', format));
  const page =
    typeof values.report === 'string'
      ? values.report
      : `${output.slice(0, -basename(output).length)}${stemOf(basename(output))}.html`;
  return {
    pid: Number(word),
    seconds,
    rate,
    output,
    report: values.report === undefined ? undefined : writablePath(page),
    format,
    recompiles: values['no-recompile'] !== true,
    port,
    isSignalAllowed: values.signal === true,
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
  const profile = Profile.fromModel({
    ...sum.model,
    comments,
    durationNanos,
    period: Math.round(1e9 / options.rate),
    timeNanos: BigInt(sampled.startedMs) * 1_000_000n,
  });
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

/** The script's name without its folder, or the executable's. */
function nameOf({ argv, executable = '' }: ProcessFacts): string {
  const script = argv.slice(1).find((word) => /\.[cm]?[jt]sx?$/.test(word));
  return basename(script ?? executable);
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

function say(text: string): void {
  process.stderr.write(`profbuf: ${text}\n`);
}
