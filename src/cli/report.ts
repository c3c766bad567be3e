import { parseOptions } from './options.js';
import { writablePath } from './output-path.js';
import { fromHere } from './place.js';
import { writeWhole } from './profile-file.js';
import { pageOf } from './report-file.js';

export const reportUsage = `Usage: profbuf report [options] FILE...

Makes one HTML file of a profile, which opens in any browser, offline: a flame graph, the functions, labels and
lines. Several files are added up, and the label "file" tells them apart; - is stdin.

Options:
  -o, --output FILE   where to (default report.html); - is stdout
  --title TEXT        what stands at the top (default: the name of the file)
  --sources FOLDER    take lines of hot functions from files in this folder (default: the working folder)
  --no-sources        no lines of source files
  -h, --help          this text
`;

export async function report(args: readonly string[]): Promise<void> {
  const { values, operands } = parseOptions(
    'report',
    {
      output: { type: 'string', short: 'o' },
      title: { type: 'string' },
      sources: { type: 'string' },
      'no-sources': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
    args,
  );
  if (values.help) {
    process.stdout.write(reportUsage);
    return;
  }
  const output = values.output === '-' ? undefined : writablePath(values.output ?? 'report.html');
  const page = await pageOf('report', operands, {
    title: values.title,
    sources: values['no-sources'] ? undefined : (values.sources ?? '.'),
  });
  if (output === undefined) process.stdout.write(page);
  else {
    writeWhole(output, page);
    process.stderr.write(`profbuf: ${fromHere(output)}\n`);
  }
}
