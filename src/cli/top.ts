import { attachTargetOf, rateOf, secondsOf, targetOptions, targetUsage } from './attach-to.js';
import { BadInput } from './bad-input.js';
import { parseOptions } from './options.js';
import { readProfiles } from './profile-file.js';
import { withSourceMaps } from './source-map-folder.js';
import { topLive } from './top-live.js';

export const topUsage = `Usage: profbuf top [options] FILE...
       profbuf top [options] --pid PID

Shows where a profile's time went, like go tool pprof -top. Several files are added up; - is stdin.
Reads pprof, .cpuprofile, .heapprofile, speedscope, collapsed stacks and Firefox profiles, by their content.
With --pid, what a Node.js process does that runs already, again every second: flat and cum of the last five
seconds and of all, in percent of one processor. q or Ctrl-C ends it, and leaves the process as it was.

Options:
  -n COUNT            how many functions to show (default 30)
  --sample-type TYPE  what to count, such as samples or cpu (default: the profile's own choice)
  --source-maps FOLDER
                      show the sources that the source maps in FOLDER lead to: of a profile made elsewhere
  -h, --help          this text

Options with --pid (Linux only), which opens the process's inspector as profbuf attach does, see docs/attach.md:
  --seconds S         end after that time; where there is no terminal, with one table then
  --rate HZ           samples a second, 1 to 10000 (default 100)
  --no-recompile      do not make V8 compile again what it had optimised
  --no-source-maps    show files as they run
${targetUsage}
`;

/** Those that files have no use for. */
const liveOptions = [
  'seconds',
  'rate',
  'no-recompile',
  'no-source-maps',
  ...(Object.keys(targetOptions) as (keyof typeof targetOptions)[]),
] as const;

export async function top(args: readonly string[]): Promise<void> {
  const { values, operands } = parseOptions(
    'top',
    {
      count: { type: 'string', short: 'n' },
      'sample-type': { type: 'string' },
      'source-maps': { type: 'string' },
      pid: { type: 'string' },
      seconds: { type: 'string' },
      rate: { type: 'string' },
      'no-recompile': { type: 'boolean' },
      'no-source-maps': { type: 'boolean' },
      ...targetOptions,
      help: { type: 'boolean', short: 'h' },
    },
    args,
  );
  if (values.help) {
    process.stdout.write(topUsage);
    return;
  }
  const count = Number(values.count ?? 30);
  if (!Number.isInteger(count) || count < 1) throw new BadInput(`-n ${values.count}: a whole number from 1 on`);
  if (values.pid !== undefined) {
    for (const name of ['sample-type', 'source-maps'] as const) {
      if (values[name] !== undefined) throw new BadInput(`--${name} is for files, and not for --pid`);
    }
    await topLive({
      ...attachTargetOf('top', values, [values.pid, ...operands]),
      count: values.count === undefined ? undefined : count,
      rate: rateOf(values.rate),
      seconds: values.seconds === undefined ? undefined : secondsOf(values.seconds, 0),
      recompiles: values['no-recompile'] !== true,
      usesSourceMaps: values['no-source-maps'] !== true,
    });
    return;
  }
  for (const name of liveOptions) {
    if (values[name] !== undefined) throw new BadInput(`--${name} is for --pid; see profbuf top --help`);
  }
  const read = await readProfiles('top', operands);
  const profile = values['source-maps'] === undefined ? read : await withSourceMaps(read, values['source-maps']);
  try {
    process.stdout.write(profile.topTable(count, values['sample-type']));
  } catch (error) {
    // A sample type that the profile does not have.
    if (error instanceof RangeError) throw new BadInput(error.message);
    throw error;
  }
}
