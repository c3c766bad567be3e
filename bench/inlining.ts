/**
 * How near do the Nodes whose sampler hides inlined functions come to one that names them? `npm run bench:inlining`, or some of
 * the programs, `npm run bench:inlining acorn webpack`. ROUNDS (3) runs each, of BENCH_SECONDS (5) of CPU time, at 1000 Hz.
 *
 * CPU time of functions themselves, in percent of that of all functions of the program's files: the distance of two profiles
 * is half the sum of the differences. Runs of one Node differ too; what a distance has over that is the excess. A profile
 * itself has both: under the outer functions, as V8 gives it, and under the inlined ones.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Profile } from 'profbuf';

const root = fileURLToPath(new URL('../../', import.meta.url));
const all = ['typescript', 'acorn', 'rollup', 'webpack', 'ajv', 'express'];
const programs = process.argv.length > 2 ? process.argv.slice(2) : all;
const rounds = Number(process.env.ROUNDS ?? 3);
const hiding = (process.env.NODES ?? '20,22,24').split(',');
const reference = '26';
const folder = mkdtempSync(join(tmpdir(), 'profbuf-inlining-'));

/** Shares of self time, in percent. */
type Shares = ReadonlyMap<string, number>;

interface Run {
  /** By the function that V8 names. */
  readonly outer: Shares;
  /** By the one that was inlined there. */
  readonly inner: Shares;
  /** What was moved, by whom it was given to. */
  readonly moved: Shares;
  /** Of inlined functions that nobody can name. */
  readonly unknown: number;
}

async function run(node: string, program: string): Promise<Run> {
  const output = join(folder, 'profile.pb.gz');
  rmSync(output, { force: true });
  const child = spawn(
    join(root, `test/runtimes/node_modules/node${node}/bin/node`),
    ['--require', join(root, 'dist/register.cjs'), join(root, 'bench/inlining', `${program}.cjs`)],
    {
      cwd: folder,
      env: { BENCH_SECONDS: '5', ...process.env, PROFBUF_QUIET: '1', PROFBUF_OUTPUT: output, PROFBUF_RATE: '1000' },
      stdio: 'inherit',
    },
  );
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${program} ended with ${code} on Node ${node}`);
  return readRun(Profile.decode(readFileSync(output)));
}

/** Of the program's own functions: those of Node and of V8 differ from version to version. */
function readRun({ model }: Profile): Run {
  const [outer, inner, moved] = [new Map<string, number>(), new Map<string, number>(), new Map<string, number>()];
  const leaves = model.samples.flatMap(({ stack, values }) => {
    const functions = (model.locations[stack[0] ?? -1]?.lines ?? []).flatMap(
      (line) => model.functions[line.function] ?? [],
    );
    return isOwn(functions.at(-1)?.filename ?? '') ? [{ functions, value: Number(values[1]) }] : [];
  });
  const nanos = leaves.reduce((sum, { value }) => sum + value, 0);
  const samples = model.samples.reduce((sum, { values }) => sum + Number(values[0]), 0);
  const add = (shares: Map<string, number>, { name, filename, startLine }: FunctionInfo, value: number) => {
    const key = `${name} ${filename}:${startLine}`;
    shares.set(key, (shares.get(key) ?? 0) + (100 * value) / nanos);
  };
  for (const { functions, value } of leaves) {
    const [innermost, outermost] = [functions[0], functions.at(-1)];
    if (innermost === undefined || outermost === undefined) continue;
    add(outer, outermost, value);
    add(inner, innermost, value);
    if (functions.length > 1) add(moved, innermost, value);
  }
  const [, unknown = '0'] =
    /(\d+) samples were taken in functions that V8 had inlined/.exec(model.comments.join('\n')) ?? [];
  return { outer, inner, moved, unknown: (100 * Number(unknown)) / samples };
}

type FunctionInfo = Profile['model']['functions'][number];

function isOwn(file: string): boolean {
  return file.startsWith('/') && !file.startsWith(join(root, 'dist'));
}

function distance(a: Shares, b: Shares): number {
  let sum = 0;
  for (const key of new Set([...a.keys(), ...b.keys()])) sum += Math.abs((a.get(key) ?? 0) - (b.get(key) ?? 0));
  return sum / 2;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function distances(a: readonly Shares[], b: readonly Shares[]): number {
  return mean(a.flatMap((one) => b.filter((other) => other !== one).map((other) => distance(one, other))));
}

function total(shares: Shares): number {
  return [...shares.values()].reduce((sum, share) => sum + share, 0);
}

/** What is given to functions that have nothing on the reference. */
function groundless(moved: Shares, references: readonly Run[]): Shares {
  return new Map([...moved].filter(([key]) => !references.some(({ inner }) => inner.has(key))));
}

function average(list: readonly Shares[]): Shares {
  const sums = new Map<string, number>();
  for (const shares of list)
    for (const [key, share] of shares) sums.set(key, (sums.get(key) ?? 0) + share / list.length);
  return sums;
}

/** Functions whose share changes by more than so many percent say more than all together, most of which have no tick or two. */
const leastChange = 0.1;

const columns = ['noise', 'before', 'after', 'excess', 'moved', 'unknown', 'groundless', 'changed', 'before', 'after'];
const show = (text: string) => process.stdout.write(`${text}\n`);

async function compare(program: string): Promise<void> {
  const runs = new Map<string, Run[]>([reference, ...hiding].map((node) => [node, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [node, list] of runs) list.push(await run(node, program));
  }
  const references = runs.get(reference) ?? [];
  const named = references.map(({ inner }) => inner);
  for (const node of hiding) {
    const found = runs.get(node) ?? [];
    const inner = found.map((one) => one.inner);
    const outer = found.map((one) => one.outer);
    const noise = mean([distances(inner, inner), distances(named, named)]);
    const before = distances(outer, named);
    const after = distances(inner, named);
    const excess = (after - noise) / (before - noise);
    const [withOuter, withInner, truth] = [average(outer), average(inner), average(named)];
    const changed = [...new Set([...withOuter.keys(), ...withInner.keys()])].filter(
      (key) => Math.abs((withOuter.get(key) ?? 0) - (withInner.get(key) ?? 0)) > leastChange,
    );
    const off = (shares: Shares) =>
      changed.reduce((sum, key) => sum + Math.abs((shares.get(key) ?? 0) - (truth.get(key) ?? 0)), 0);
    const given = found.map(({ moved }) => groundless(moved, references));
    const figures = [
      ...[noise, before, after].map((value) => value.toFixed(1)),
      `${(100 * excess).toFixed(0)} %`,
      ...[mean(found.map(({ moved }) => total(moved))), mean(found.map(({ unknown }) => unknown))].map((value) =>
        value.toFixed(1),
      ),
      mean(given.map(total)).toFixed(2),
      String(changed.length),
      off(withOuter).toFixed(1),
      off(withInner).toFixed(1),
    ];
    show(`${program.padEnd(12)}Node ${node}${figures.map((figure) => figure.padStart(11)).join('')}`);
    if (process.env.DETAILS === '1') showDetails(found, references, given);
  }
}

function showDetails(found: readonly Run[], references: readonly Run[], given: readonly Shares[]): void {
  const before = average(found.map(({ outer }) => outer));
  const after = average(found.map(({ inner }) => inner));
  const truth = average(references.map(({ inner }) => inner));
  const farOff = [...new Set([...after.keys(), ...truth.keys()])]
    .map((key) => [key, before.get(key) ?? 0, after.get(key) ?? 0, truth.get(key) ?? 0] as const)
    .sort((a, b) => Math.abs(b[2] - b[3]) - Math.abs(a[2] - a[3]));
  const line = (key: string) => key.replace(/\S*\/(?=[^/ ]+$)/, '');
  for (const [key, ...shares] of farOff.slice(0, 15))
    show(`    ${shares.map((share) => share.toFixed(2)).join(' -> ')}  ${line(key)}`);
  const groundless = [...average(given)].sort((a, b) => b[1] - a[1]);
  for (const [key, share] of groundless.slice(0, 8)) show(`    groundless ${share.toFixed(3)}  ${line(key)}`);
}

try {
  show(`${basename(process.argv[1] ?? '')}: ${rounds} runs each, against Node ${reference}; in percent of self time`);
  show(`${' '.repeat(19)}${columns.map((column) => column.padStart(11)).join('')}`);
  for (const program of programs) await compare(program);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
