import { aligned } from '../profile/diff/alignment.js';
import { type Comparison, compare } from '../profile/diff/comparison.js';
import { comparisonMarkdown } from '../profile/diff/markdown.js';
import { type By, type Observed, observe, type Run } from '../profile/diff/observation.js';
import { comparisonTable } from '../profile/diff/table.js';
import { printable } from '../profile/text.js';
import { BadInput } from './bad-input.js';
import { parseOptions } from './options.js';
import { fromHere } from './place.js';
import { readProfile } from './profile-file.js';

export const diffUsage = `Usage: profbuf diff [options] BASE... -- NEW...

Shows what takes more or less than before, each with its interval, and what of it is noise. Each file is one run; several
runs on a side tell how much they differ by themselves. Reads every format that profbuf top reads.

  profbuf diff base.pb.gz -- new.pb.gz
  profbuf diff base-*.pb.gz -- new-*.pb.gz --fail-above 5%     status 1 if a function takes over 5 % longer

Options:
  --by label NAME      lines are values of this label, not functions
  --cum                functions with what they call
  --function RE        only functions (or values) whose name this regular expression is found in
  --sample-type TYPE   what to compare, such as samples or cpu (default: the profile's own choice)
  --min-share P%       look only at what has this share on a side (default 1%; with --function, 0%)
  --confidence P%      how sure it must be that nothing is called changed that is not (default 95%)
  --fail-above P%      status 1 if a line takes over P % more of its own than before, and that is not noise
  -n COUNT             how many lines to show (default 30)
  --markdown           a table for a pull request
  --json               for programs
  -h, --help           this text

Status: 0, or 1 by --fail-above, or 2 if something cannot be read.
`;

const types = {
  by: { type: 'string' },
  cum: { type: 'boolean' },
  function: { type: 'string' },
  'sample-type': { type: 'string' },
  'min-share': { type: 'string' },
  confidence: { type: 'string' },
  'fail-above': { type: 'string' },
  count: { type: 'string', short: 'n' },
  markdown: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

export async function diff(args: readonly string[]): Promise<void> {
  const between = args.indexOf('--');
  const [first, second] = between === -1 ? [args, []] : [args.slice(0, between), args.slice(between + 1)];
  const [left, right] = [first, second].map((half) => parseOptions('diff', types, withLabelName(half)));
  const values = { ...left?.values, ...right?.values };
  if (values.help) {
    process.stdout.write(diffUsage);
    return;
  }
  const [base = [], fresh = []] =
    between === -1 ? twoFiles(left?.operands ?? []) : [left?.operands ?? [], right?.operands ?? []];
  if (base.length === 0 || fresh.length === 0) {
    throw new BadInput(`no profile ${base.length === 0 ? 'before' : 'after'} the --; see profbuf diff --help`);
  }
  if (values.markdown && values.json) throw new BadInput('--markdown and --json: one of them');
  const by = byOf(values.by, values.cum === true);
  const isWanted = wanted(values.function);
  const confidence = percentage('--confidence', values.confidence ?? '95%');
  if (!(confidence >= 0.5 && confidence < 1))
    throw new BadInput(`--confidence ${values.confidence}: from 50% to below 100%`);
  const leastShare = percentage('--min-share', values['min-share'] ?? '1%');
  const failAbove = values['fail-above'] === undefined ? undefined : percentage('--fail-above', values['fail-above']);
  const count = Number(values.count ?? 30);
  if (!Number.isInteger(count) || count < 1) throw new BadInput(`-n ${values.count}: a whole number from 1 on`);

  const sides: [Run[], Run[]] = [[], []];
  for (const [side, paths] of [base, fresh].entries()) {
    for (const path of paths) sides[side]?.push(await readRun(path, by, values['sample-type']));
  }
  const { sampleType, unit } = requireSameType([...base, ...fresh], sides.flat());
  const comparison = compare(by.kind === 'function' ? aligned(sides[0], sides[1]) : sides[0], sides[1], {
    confidence,
    leastShare,
    isNested: by.kind === 'function' && by.isCumulative,
    ...(isWanted === undefined ? {} : { isWanted }),
  });
  if (isWanted !== undefined && comparison.lines.length === 0) {
    // A gate that watches nothing would stay open for ever.
    throw new BadInput(`--function ${values.function}: nothing in the profiles has such a name`);
  }
  const failed = comparison.lines.filter(
    ({ verdict, change }) => failAbove !== undefined && verdict === 'more' && change > failAbove,
  );
  const shown = { ...comparison, lines: comparison.lines.map((line) => ({ ...line, file: fromHere(line.file) })) };
  if (values.json) process.stdout.write(jsonOf(comparison, { sampleType, unit, failed }));
  else if (values.markdown) process.stdout.write(comparisonMarkdown(shown, unit, count));
  else process.stdout.write(`Type: ${printable(sampleType)}\n${comparisonTable(shown, unit, count)}`);
  if (failed.length === 0) return;
  const named = failed.map(
    ({ name, base, change }) => `${name} ${base.value === 0 ? 'is new' : `takes ${(change * 100).toFixed(1)} % more`}`,
  );
  process.stderr.write(`profbuf: over ${(failAbove ?? 0) * 100} % of --fail-above: ${printable(named.join(', '))}\n`);
  process.exitCode = 1;
}

/** `--by label NAME` is one option for us. */
function withLabelName(args: readonly string[]): string[] {
  const at = args.indexOf('--by');
  if (at === -1 || args[at + 1] !== 'label') return [...args];
  const name = args[at + 2];
  if (name === undefined || name.startsWith('-'))
    throw new BadInput('--by label needs the name of a label; see profbuf diff --help');
  return [...args.slice(0, at), `--by=label:${name}`, ...args.slice(at + 3)];
}

function byOf(value: string | undefined, isCumulative: boolean): By {
  if (value === undefined || value === 'function') return { kind: 'function', isCumulative };
  const name = /^label[: ](.+)$/s.exec(value)?.[1];
  if (name === undefined) throw new BadInput(`--by ${value}: function, or label with its name`);
  if (isCumulative) throw new BadInput('--cum: of functions only, not of labels');
  return { kind: 'label', name };
}

/** Without `--` there is only one way to read two files. */
function twoFiles(operands: readonly string[]): [string[], string[]] {
  const [base, fresh, ...others] = operands;
  if (base === undefined || fresh === undefined || others.length > 0) {
    throw new BadInput('which are the profiles from before? profbuf diff BASE... -- NEW...; see profbuf diff --help');
  }
  return [[base], [fresh]];
}

function wanted(expression: string | undefined): ((line: Observed) => boolean) | undefined {
  if (expression === undefined) return undefined;
  let pattern: RegExp;
  try {
    pattern = new RegExp(expression, 'u');
  } catch {
    throw new BadInput(`--function ${expression}: no regular expression`);
  }
  return ({ name }) => pattern.test(name);
}

/** `5%` and `5` are 0.05. */
function percentage(option: string, text: string): number {
  const [, digits] = /^(\d+(?:\.\d+)?)%?$/.exec(text) ?? [];
  if (digits === undefined) throw new BadInput(`${option} ${text}: a number of percent, such as 5%`);
  return Number(digits) / 100;
}

async function readRun(path: string, by: By, sampleType: string | undefined): Promise<Run> {
  const profile = await readProfile(path);
  try {
    return observe(profile.model, by, sampleType);
  } catch (error) {
    // A sample type that it has not, or a difference.
    if (error instanceof RangeError) throw new BadInput(`${path}: ${error.message}`);
    throw error;
  }
}

function requireSameType(paths: readonly string[], runs: readonly Run[]): { sampleType: string; unit: string } {
  const [first] = runs;
  const other = runs.findIndex(({ sampleType, unit }) => sampleType !== first?.sampleType || unit !== first.unit);
  if (first !== undefined && other !== -1) {
    const name = (run: Run | undefined) => `${run?.sampleType}/${run?.unit}`;
    throw new BadInput(
      `${paths[0]} shows ${name(first)}, and ${paths[other]} ${name(runs[other])}: name one that both have with --sample-type`,
    );
  }
  const empty = runs.findIndex(({ value }) => value === 0);
  if (empty !== -1)
    throw new BadInput(`${paths[empty]}: it has no ${first?.sampleType} in it, so there is nothing to compare`);
  return { sampleType: first?.sampleType ?? '', unit: first?.unit ?? '' };
}

/** Infinity is no JSON: a line that is new has `null` for its change. */
function jsonOf(
  comparison: Comparison,
  more: { readonly sampleType: string; readonly unit: string; readonly failed: Comparison['lines'] },
): string {
  const { lines, ...rest } = comparison;
  const file = {
    sampleType: more.sampleType,
    unit: more.unit,
    ...rest,
    lines: lines.map((line) => ({ ...line, fails: more.failed.includes(line) })),
  };
  return `${JSON.stringify(file, (_, value) => (value === Number.POSITIVE_INFINITY ? null : value), 2)}\n`;
}
