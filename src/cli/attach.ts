import { basename } from 'node:path';
import { encodeAs, type ProfileFormat } from '../profile/format.js';
import { writeTemporary } from '../profile/output-file.js';
import { takeOver } from '../profile/own-file.js';
import type { Profile } from '../profile/profile.js';
import type { HeapProfileName } from '../protocol/heap-settings.js';
import { reportPage } from '../report/report-page.js';
import type { Collected } from './attach/attached-process.js';
import { nameOf } from './attach/process-facts.js';
import type { MakeCollector, ThreadCollector } from './attach/thread-collector.js';
import { ThreadHeap } from './attach/thread-heap.js';
import { ThreadSampling } from './attach/thread-sampling.js';
import { ageMs, inSources, type Look, profileOfThreads, recompiles } from './attach-profile.js';
import {
  type AttachTarget,
  attachTargetOf,
  attachTo,
  rateOf,
  say,
  secondsOf,
  targetOptions,
  targetUsage,
  timeIsUp,
} from './attach-to.js';
import { BadInput, reasonOf } from './bad-input.js';
import { chooseFormat, defaultName, stemOf } from './file-format.js';
import { parseOptions } from './options.js';
import { writablePath } from './output-path.js';
import { fromHere } from './place.js';
import { writeWhole } from './profile-file.js';
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
  --heap              what is allocated meanwhile and in use at the end, instead of CPU time
  --allocs            what is allocated meanwhile, dead or alive, instead of CPU time
  -o, --output FILE   where the profile goes (default profile.pb.gz, or as the format has it)
  --format FORMAT     pprof, cpuprofile, speedscope, firefox or collapsed (default: by FILE's ending, else pprof)
  --report[=FILE]     make a page of it at the end, to look at (default: as the profile, ending in .html)
  --no-recompile      do not make V8 compile again what it had optimised: functions that have run since
                      before have no name then, and their callers get their time
  --no-labels         leave the program's profbuf labels alone
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
  readonly heap: HeapProfileName | undefined;
  readonly recompiles: boolean;
  readonly isLabelled: boolean;
  readonly usesSourceMaps: boolean;
}

export async function attach(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  if (options === undefined) return;
  const { pid, seconds, rate, heap, isLabelled } = options;
  const run = await attachTo('attach', options, async (attached, facts, stop) => {
    const who = `process ${pid} (${nameOf(facts)})`;
    if (heap === undefined) say(`samples ${who} at ${rate} Hz for ${seconds} s`);
    else say(`samples what ${who} allocates${heap === 'heap' ? ' and keeps' : ''} for ${seconds} s`);
    const look: Look = { facts, rate, heap, afterMs: ageMs(facts), recompiles: recompiles(options, facts) };
    const make: MakeCollector<ThreadCollector> = (name, target) =>
      heap === undefined
        ? new ThreadSampling({ rate, recompiles: look.recompiles, isLabelled }, name, target)
        : new ThreadHeap(heap, name, target);
    return { look, collected: await attached.collect(make, timeIsUp(seconds, stop)) };
  });
  await report(run.collected, run.look, options);
}

/** @returns nothing when all that was asked for is the usage text. */
function readOptions(args: readonly string[]): AttachOptions | undefined {
  const { values, operands } = parseOptions(
    'attach',
    {
      seconds: { type: 'string' },
      rate: { type: 'string' },
      heap: { type: 'boolean' },
      allocs: { type: 'boolean' },
      output: { type: 'string', short: 'o' },
      format: { type: 'string' },
      report: { type: 'optional' },
      'no-recompile': { type: 'boolean' },
      'no-labels': { type: 'boolean' },
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
  const seconds = secondsOf(values.seconds, 10);
  const rate = rateOf(values.rate);
  if (values.heap && values.allocs) throw new BadInput("--heap or --allocs: V8 has one sampler of a thread's heap");
  const heap = values.heap ? 'heap' : values.allocs ? 'allocs' : undefined;
  if (heap !== undefined && values.rate !== undefined) {
    throw new BadInput(`--rate is of CPU time, and --${heap} looks at allocations instead`);
  }
  const format = chooseFormat(values.format, values.output);
  if (heap !== undefined && format === 'cpuprofile') {
    throw new BadInput(
      `--${heap}: a .cpuprofile holds time only; take --format pprof, speedscope, firefox or collapsed`,
    );
  }
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
    heap,
    recompiles: values['no-recompile'] !== true,
    isLabelled: values['no-labels'] !== true,
    usesSourceMaps: values['no-source-maps'] !== true,
  };
}

async function report(collected: Collected<ThreadCollector>, look: Look, options: AttachOptions): Promise<void> {
  const { facts } = look;
  const { profile: asItRan, figures, notices } = profileOfThreads(collected, look);
  const profile = options.usesSourceMaps ? await inSources(asItRan) : asItRan;
  const earlier = await write(profile, options);
  const name = fromHere(options.output);
  say(`${name}: ${figures.join(', ')}`);
  if (earlier !== undefined) say(`${name}: what had that name before is now ${fromHere(earlier)}`);
  for (const notice of notices) say(notice);
  if (profile.model.samples.length > 0) process.stderr.write(`\n${topOfProfile(profile)}`);
  if (options.report !== undefined) {
    const title = `${nameOf(facts)} (${facts.pid})`;
    writeWhole(options.report, await reportPage(columnsOfProfile(profile, { title, sources: '.' })));
    say(`${fromHere(options.report)}: the report`);
  }
}

/** @returns where the file is now that had the name before. */
async function write(profile: Profile, { output, format }: AttachOptions): Promise<string | undefined> {
  try {
    return takeOver(writeTemporary(output, await encodeAs(profile, format)), output);
  } catch (error) {
    throw new BadInput(`cannot write ${output}: ${reasonOf(error)}`);
  }
}
