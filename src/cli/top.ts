import { BadInput } from './bad-input.js';
import { parseOptions } from './options.js';
import { readProfiles } from './profile-file.js';
import { withSourceMaps } from './source-map-folder.js';

export const topUsage = `Usage: profbuf top [options] FILE...

Shows where a profile's time went, like go tool pprof -top. Several files are added up; - is stdin.
Reads pprof, .cpuprofile, .heapprofile, speedscope, collapsed stacks and Firefox profiles, by their content.

Options:
  -n COUNT            how many functions to show (default 30)
  --sample-type TYPE  what to count, such as samples or cpu (default: the profile's own choice)
  --source-maps FOLDER
                      show the sources that the source maps in FOLDER lead to: of a profile made elsewhere
  -h, --help          this text
`;

export async function top(args: readonly string[]): Promise<void> {
  const { values, operands } = parseOptions(
    'top',
    {
      count: { type: 'string', short: 'n' },
      'sample-type': { type: 'string' },
      'source-maps': { type: 'string' },
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
