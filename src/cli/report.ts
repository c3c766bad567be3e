import { markdown } from '../report/markdown.js';
import { plainText } from '../report/plain-text.js';
import { reportPage } from '../report/report-page.js';
import { textReport } from '../report/text-report.js';
import { BadInput } from './bad-input.js';
import { parseOptions } from './options.js';
import { writablePath } from './output-path.js';
import { fromHere } from './place.js';
import { writeWhole } from './profile-file.js';
import { columnsOfFiles, reportFileOptions, reportFileUsage, reportOptionsOf } from './report-file.js';

export const reportUsage = `Usage: profbuf report [options] FILE...

Makes one HTML file of a profile, which opens in any browser, offline: a flame graph, the functions, labels and
lines. Several files are added up, and the label "file" tells them apart; - is stdin.

Options:
  -o, --output FILE   where to (default report.html, or stdout for text); - is stdout
  --text              no page, but at most 200 lines of text: notes, functions, stacks, lines, labels
  --markdown          the same in Markdown
  --sample-type TYPE  what is shown first, such as samples or cpu (default: the profile's own choice)
${reportFileUsage}
  -h, --help          this text
`;

export async function report(args: readonly string[]): Promise<void> {
  const { values, operands } = parseOptions(
    'report',
    {
      output: { type: 'string', short: 'o' },
      text: { type: 'boolean' },
      markdown: { type: 'boolean' },
      'sample-type': { type: 'string' },
      ...reportFileOptions,
      help: { type: 'boolean', short: 'h' },
    },
    args,
  );
  if (values.help) {
    process.stdout.write(reportUsage);
    return;
  }
  if (values.text && values.markdown) throw new BadInput('--text and --markdown: one of the two');
  const isText = values.text === true || values.markdown === true;
  const path = values.output ?? (isText ? '-' : 'report.html');
  const output = path === '-' ? undefined : writablePath(path);
  const columns = await columnsOfFiles('report', operands, {
    ...reportOptionsOf(values),
    sampleType: values['sample-type'],
  });
  const content = isText
    ? fromHere((values.markdown ? markdown : plainText)(textReport(columns, columns.defaultSampleType)))
    : await reportPage(columns);
  if (output === undefined) process.stdout.write(content);
  else {
    writeWhole(output, content);
    process.stderr.write(`profbuf: ${fromHere(output)}\n`);
  }
}
