import { ProfileConversionError } from '../profile/errors.js';
import { encodeAs } from '../profile/format.js';
import { BadInput } from './bad-input.js';
import { chooseFormat } from './file-format.js';
import { parseOptions } from './options.js';
import { writablePath } from './output-path.js';
import { readProfiles, writeWhole } from './profile-file.js';
import { withSourceMaps } from './source-map-folder.js';

export const convertUsage = `Usage: profbuf convert FILE... --output FILE [--format FORMAT]

Writes a profile in another format. Several files are added up; - is stdin or stdout.
Reads pprof, .cpuprofile, .heapprofile, speedscope, collapsed stacks and Firefox profiles, by their content.

Options:
  -o, --output FILE   where to
  --format FORMAT     pprof, cpuprofile, speedscope, firefox or collapsed (default: by the output's ending)
  --sample-type TYPE  what the file is made of or shows first, such as samples or cpu (default: the profile's own choice)
  --source-maps FOLDER
                      show the sources that the source maps in FOLDER lead to: of a profile made elsewhere
  -h, --help          this text
`;

export async function convert(args: readonly string[]): Promise<void> {
  const { values, operands } = parseOptions(
    'convert',
    {
      output: { type: 'string', short: 'o' },
      format: { type: 'string' },
      'sample-type': { type: 'string' },
      'source-maps': { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
    args,
  );
  if (values.help) {
    process.stdout.write(convertUsage);
    return;
  }
  if (values.output === undefined) throw new BadInput('no output; name a file with --output, or - for stdout');
  const format = chooseFormat(values.format, values.output);
  const output = values.output === '-' ? undefined : writablePath(values.output);
  const read = await readProfiles('convert', operands);
  const profile = values['source-maps'] === undefined ? read : await withSourceMaps(read, values['source-maps']);
  let content: Uint8Array | string;
  try {
    content = await encodeAs(profile, format, values['sample-type']);
  } catch (error) {
    // The latter for a sample type that the profile does not have.
    if (error instanceof ProfileConversionError || error instanceof RangeError) throw new BadInput(error.message);
    throw error;
  }
  if (output === undefined) process.stdout.write(content);
  else writeWhole(output, content);
}
