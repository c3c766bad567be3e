import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import type { ProfileFormat } from '../profile/format.js';
import { httpOptions, stallProblem } from '../protocol/option-values.js';
import type { ProcessStatus } from '../protocol/process-status.js';
import { pushOptions } from '../protocol/push-settings.js';
import { preloadOfSession, runVariable, settingsText } from '../protocol/session.js';
import { reportPage } from '../report/report-page.js';
import { BadInput, reasonOf } from './bad-input.js';
import { childrenCpuNanos } from './children-cpu.js';
import { chooseFormat, defaultName, stemOf } from './file-format.js';
import { hasPolicy, nodeOptions } from './node-options.js';
import { openOrSay } from './open-browser.js';
import { parseOptions } from './options.js';
import { writablePath } from './output-path.js';
import { fromHere } from './place.js';
import { preloadFile } from './preload-file.js';
import { sumOf, writeWhole } from './profile-file.js';
import { type Program, resolveProgram } from './program.js';
import { keepProfiles, processNameRoom, processOutputPattern, type RecordedProcess } from './recording.js';
import { columnsOfProfile } from './report-file.js';
import { describeFailures, describeRecording } from './run-summary.js';
import { type Ending, endLike, startProgram } from './running-program.js';
import { isAlive, Session } from './session.js';
import { StatusLine } from './status-line.js';
import { StatusText } from './status-text.js';

export const recordUsage = `Usage: profbuf record [options] [--] <script | command> [arguments]

Runs the program as it is and writes a CPU profile of every Node.js process in it, or what it allocates.

  profbuf record app.js                       a script, run by this Node
  profbuf record npm start                    a command, with every Node process under it
  profbuf record 'npm run build && node x'    one word with spaces: a line for the shell
  profbuf record -- --import tsx app.ts       arguments for this Node

Options:
  --rate HZ          samples a second, 1 to 10000 (default 100)
  -o, --output FILE  where the profile goes (default profile.pb.gz, or as the format has it);
                     of several processes, each writes its own: profile.<name>.<pid>.pb.gz
  --format FORMAT    pprof, cpuprofile, speedscope, firefox or collapsed (default: by FILE's ending, else pprof)
  --allocs           what main threads allocate, dead or alive, instead of CPU time
  --duration S       stop collecting after S seconds and let the program go on
  --report[=FILE]    make a page of it at the end, to look at (default: as the profile, ending in .html)
  --open             the same, and open it in the browser
  --http [HOST:]PORT serve /debug/pprof/ meanwhile, for go tool pprof and for scrapers: on loopback
                     unless a host is named; port 0 takes a free one. It answers while the program hangs
  --push URL         push profiles every 15 s to Pyroscope or, as OTLP, to an OpenTelemetry Collector
  --stall MS         say when the event loop does not turn for MS milliseconds, 50 to 60000, and what holds it
  --no-source-maps   show files as they run, and not the sources that source maps lead to
  -q, --quiet        no word from profbuf but for errors
  -h, --help         this text

The exit status, or the signal, is the program's own. profbuf's own words go to stderr.
`;

interface RecordOptions {
  readonly rate: number;
  /** Absolute, proved to be writable. */
  readonly output: string;
  readonly format: ProfileFormat;
  readonly allocs: boolean;
  /** Where the page goes, absolute and proved to be writable; none without. */
  readonly report: string | undefined;
  readonly isOpened: boolean;
  readonly durationSeconds: number | undefined;
  /** As it was given; proved to be an address. */
  readonly http: string | undefined;
  /** As it was given; proved to be a place. */
  readonly push: string | undefined;
  /** Milliseconds, as they were given; proved to be in range. */
  readonly stall: string | undefined;
  /** Whether profiles show the sources that source maps lead to; `undefined` when nothing is said. */
  readonly sourceMaps: false | undefined;
  readonly quiet: boolean;
  readonly program: Program;
}

/** How often the collectors' words are read. They write four times a second. */
const pollMs = 500;

/** How long processes that outlive the program, such as the workers of a cluster, get to finish their profiles. */
const stragglerMs = 500;

/** How long after the end of `--duration` the collectors get to write what they have. Nobody waits for it. */
const lateMs = 10_000;

export async function record(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  if (options === undefined) return;
  const session = new Session();
  let ending: Ending;
  try {
    ending = await run(options, session);
  } finally {
    close(session);
  }
  endLike(ending);
}

/** A folder that stays behind is no reason to end other than the program did. */
function close(session: Session): void {
  try {
    session.close();
  } catch (error) {
    process.stderr.write(`profbuf: cannot remove ${session.directory}: ${reasonOf(error)}\n`);
  }
}

/** @returns nothing when all that was asked for is the usage text. */
function readOptions(args: readonly string[]): RecordOptions | undefined {
  const { values, operands } = parseOptions(
    'record',
    {
      rate: { type: 'string' },
      output: { type: 'string', short: 'o' },
      format: { type: 'string' },
      allocs: { type: 'boolean' },
      report: { type: 'optional' },
      open: { type: 'boolean' },
      duration: { type: 'string' },
      http: { type: 'string' },
      push: { type: 'string' },
      stall: { type: 'string' },
      'no-source-maps': { type: 'boolean' },
      quiet: { type: 'boolean', short: 'q' },
      help: { type: 'boolean', short: 'h' },
    },
    args,
    { stopAtOperand: true },
  );
  if (values.help) {
    process.stdout.write(recordUsage);
    return undefined;
  }
  const rate = Number(values.rate ?? 100);
  if (!(rate >= 1 && rate <= 10_000)) {
    throw new BadInput(`--rate ${values.rate}: samples a second are a number from 1 to 10000`);
  }
  const durationSeconds = values.duration === undefined ? undefined : Number(values.duration);
  if (durationSeconds !== undefined && !(durationSeconds > 0 && durationSeconds <= longestSeconds)) {
    throw new BadInput(`--duration ${values.duration}: seconds are a number above 0, up to ${longestSeconds}`);
  }
  const http = values.http === undefined ? undefined : httpOptions(values.http);
  if (http !== undefined && 'problem' in http) throw new BadInput(`--http: ${http.problem}`);
  if (values.push !== undefined) {
    const push = pushOptions(values.push, { environment: process.env, processName: '', kinds: [] });
    if ('problem' in push) throw new BadInput(`--push: ${push.problem}`);
  }
  if (values.stall !== undefined && stallProblem(Number(values.stall)) !== undefined) {
    throw new BadInput(`--stall ${values.stall}: milliseconds are a number from 50 to 60000`);
  }
  const program = resolveProgram(operands);
  const format = chooseFormat(values.format, values.output);
  const allocs = values.allocs ?? process.env.PROFBUF_ALLOCS === '1';
  if (allocs && format === 'cpuprofile') {
    throw new BadInput(
      '--allocs: a .cpuprofile holds time only; take --format pprof, speedscope, firefox or collapsed',
    );
  }
  const output = writablePath(values.output ?? defaultName('profile', format), processNameRoom);
  const { quiet = false, open: isOpened = false } = values;
  const page =
    typeof values.report === 'string'
      ? values.report
      : `${output.slice(0, -basename(output).length)}${stemOf(basename(output))}.html`;
  const report = values.report !== undefined || isOpened ? writablePath(page) : undefined;
  const sourceMaps = values['no-source-maps'] ? false : undefined;
  return {
    rate,
    output,
    format,
    allocs,
    report,
    isOpened,
    durationSeconds,
    http: values.http,
    push: values.push,
    stall: values.stall,
    sourceMaps,
    quiet,
    program,
  };
}

/** Node's timers end here. */
const longestSeconds = 2_147_483;

async function run(options: RecordOptions, session: Session): Promise<Ending> {
  const say = (text: string) => {
    if (!options.quiet) process.stderr.write(text);
  };
  const { end } = await startProgram(options.program, environment(options, session));
  const { title } = options.program;
  say(`profbuf: recording ${options.allocs ? `what ${title} allocates` : `${title} at ${options.rate} Hz`}\n`);

  try {
    await recordUntil(end, session, options, say);
  } catch (error) {
    // Whatever goes wrong on our side, the program runs on and its status is the one that counts.
    process.stderr.write(`profbuf: ${error instanceof BadInput ? error.message : inspect(error)}\n`);
  }
  return end;
}

async function recordUntil(
  end: Promise<Ending>,
  session: Session,
  options: RecordOptions,
  say: (text: string) => void,
) {
  const watching = new AbortController();
  const watch = watchSession(session, options, watching.signal);
  await Promise.race([end, watch]);
  watching.abort();
  const isDurationOver = await watch;

  if (!isDurationOver) await stragglers(session);
  const recorded = await keepProfiles(session.processes(), options.output, options.format);
  if (options.quiet) process.stderr.write(describeFailures(recorded));
  // Once the program has ended, it and what it has waited for are among our children's times.
  say(describeRecording(recorded, isDurationOver ? undefined : childrenCpuNanos()));
  if (options.report !== undefined) await makeReport(recorded, options.report, options, say);
  if (isDurationOver) say(`profbuf: ${options.durationSeconds} s are over; the program goes on\n`);
}

/** One page of all processes, which are told apart by the label `file`. */
async function makeReport(
  recorded: readonly RecordedProcess[],
  path: string,
  { program, isOpened }: RecordOptions,
  say: (text: string) => void,
): Promise<void> {
  const found = recorded.flatMap(({ profile, file }) => (profile === undefined ? [] : [{ profile, file: file ?? '' }]));
  if (found.length === 0) {
    process.stderr.write('profbuf: there is no report, since there is no profile\n');
    return;
  }
  const sum = sumOf(
    found.map(({ profile }) => profile),
    found.map(({ file }) => basename(file)),
    true,
  );
  writeWhole(path, await reportPage(columnsOfProfile(sum, { title: program.title, sources: '.' })));
  say(`profbuf: ${fromHere(path)}: the report\n`);
  if (isOpened) await openOrSay(pathToFileURL(path).href);
}

/** The program's environment is ours, but for the preload and what it has to know. */
function environment(options: RecordOptions, session: Session): NodeJS.ProcessEnv {
  const { program, rate, output, allocs, durationSeconds, http, push, stall, sourceMaps, quiet } = options;
  const until = durationSeconds === undefined ? undefined : String(Date.now() + durationSeconds * 1000);
  const preload = preloadOfSession(preloadFile(), session.directory);
  const isUnderPolicy = hasPolicy(program);
  if (isUnderPolicy)
    process.stderr.write(
      'profbuf: not profiled: --experimental-policy lets no file run that its policy does not name\n',
    );
  const environment = {
    ...process.env,
    ...(isUnderPolicy ? {} : nodeOptions(preload, process.env.NODE_OPTIONS, program)),
    PROFBUF_SESSION: session.directory,
    PROFBUF_RATE: String(rate),
    PROFBUF_OUTPUT: processOutputPattern(output),
    PROFBUF_FORMAT: 'pprof',
    PROFBUF_ALLOCS: allocs ? '1' : undefined,
    PROFBUF_HEAP: allocs ? undefined : process.env.PROFBUF_HEAP,
    PROFBUF_DURATION: undefined,
    PROFBUF_UNTIL: until,
    PROFBUF_HTTP: http ?? process.env.PROFBUF_HTTP,
    PROFBUF_PUSH: push ?? process.env.PROFBUF_PUSH,
    [runVariable]: randomUUID(),
    PROFBUF_STALL: stall ?? process.env.PROFBUF_STALL,
    PROFBUF_SOURCE_MAPS: sourceMaps === false ? '0' : process.env.PROFBUF_SOURCE_MAPS,
    PROFBUF_QUIET: quiet ? '1' : undefined,
  };
  session.keepSettings(settingsText(environment));
  return environment;
}

/**
 * Shows the status line, if there is a place for it, until the session is over.
 * @returns true when `--duration` is over and all that was collected is written; false when `signal` came first.
 */
async function watchSession(session: Session, options: RecordOptions, signal: AbortSignal): Promise<boolean> {
  const { quiet, durationSeconds = Number.POSITIVE_INFINITY } = options;
  const line = !quiet && StatusLine.isPossible(process.stderr) ? new StatusLine(process.stderr) : undefined;
  const text = new StatusText();
  const startedMs = performance.now();
  try {
    for (;;) {
      await delay(pollMs, undefined, { signal });
      const statuses = line === undefined && durationSeconds === Number.POSITIVE_INFINITY ? [] : session.processes();
      line?.show(text.describe(statuses));
      const overMs = performance.now() - startedMs - durationSeconds * 1000;
      if (overMs >= lateMs || (overMs >= 0 && !statuses.some(isCollecting))) return true;
    }
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  } finally {
    line?.end();
  }
}

/** Waits for processes that end just after the one that was started. */
async function stragglers(session: Session): Promise<void> {
  const deadlineMs = performance.now() + stragglerMs;
  while (session.processes().some(isCollecting) && performance.now() < deadlineMs) await delay(20);
}

function isCollecting(status: ProcessStatus): boolean {
  return status.state === 'running' && isAlive(status);
}
