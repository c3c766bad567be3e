import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Profile, type ProfileModel } from 'profbuf';
import { Run, root } from '../cli/command.js';

export const spanId = '00f067aa0ba902b7';
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

/** Works for a fifth of the time: two parts in `parse`, under a route and a number, one in `render`, in a span. */
function program(seconds: number): string {
  return `
    const { withLabels } = require(${JSON.stringify(`${root}dist/commonjs/index.js`)});
    function spend(milliseconds) {
      const begin = process.cpuUsage();
      let sum = 0;
      while (process.cpuUsage(begin).user < milliseconds * 1000) for (let i = 0; i < 1e5; i++) sum += Math.sqrt(i);
      return sum;
    }
    function parse() { return spend(40); }
    function render() { return spend(20); }
    const end = performance.now() + ${seconds * 1000};
    (async () => {
      while (performance.now() < end) {
        withLabels({ route: '/feed', 'user-id': 7 }, parse);
        withLabels({ route: '/page', span_id: '${spanId}', trace_id: '${traceId}' }, render);
        await new Promise((resolve) => setTimeout(resolve, 240));
      }
    })();
  `;
}

export interface LabelledRun {
  readonly file: ProfileModel;
  readonly stderr: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Runs the program under the preload, and gives what it has written. */
export async function runLabelled(seconds: number, env: NodeJS.ProcessEnv): Promise<LabelledRun> {
  const folder = mkdtempSync(join(tmpdir(), 'receivers-'));
  try {
    const script = join(folder, 'app.cjs');
    writeFileSync(script, program(seconds));
    const output = join(folder, 'profile.pb.gz');
    const fromMs = Date.now();
    const run = new Run(process.execPath, ['--require', join(root, 'dist/register.cjs'), script], {
      cwd: folder,
      env: { PROFBUF_OUTPUT: output, PROFBUF_QUIET: '1', PROFBUF_PUSH_FLUSH: '2000', ...env },
    });
    const { code, stderr } = await run.end();
    if (code !== 0) throw new Error(`the program ended with ${code}: ${stderr}`);
    return { file: Profile.decode(readFileSync(output)).model, stderr, fromMs, toMs: Date.now() };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The share of each function, with what it calls, and all of it together. */
export interface Shares {
  readonly total: number;
  readonly shares: ReadonlyMap<string, number>;
}

export function sharesOf({ samples, sampleTypes, locations, functions }: ProfileModel, type: string): Shares {
  const column = sampleTypes.findIndex((sampleType) => sampleType.type === type);
  if (column === -1) throw new Error(`there is no ${type}, only ${sampleTypes.map((sampleType) => sampleType.type)}`);
  const amounts = new Map<string, number>();
  let total = 0;
  for (const { stack, values } of samples) {
    const value = Number(values[column]);
    total += value;
    const names = stack.flatMap((location) =>
      (locations[location]?.lines ?? []).map((line) => functions[line.function]?.name ?? ''),
    );
    for (const name of new Set(names)) amounts.set(name, (amounts.get(name) ?? 0) + value);
  }
  return { total, shares: new Map(Array.from(amounts, ([name, amount]) => [name, (100 * amount) / total])) };
}

export interface Difference {
  /** In points, of the function where it is largest. */
  readonly points: number;
  readonly name: string;
  /** Of all together, in percent of the file's. */
  readonly totalPercent: number;
}

export function differenceOf(file: Shares, served: Shares): Difference {
  let points = 0;
  let name = '';
  for (const function_ of new Set([...file.shares.keys(), ...served.shares.keys()])) {
    const off = Math.abs((file.shares.get(function_) ?? 0) - (served.shares.get(function_) ?? 0));
    if (off > points) [points, name] = [off, function_];
  }
  return { points, name, totalPercent: 100 * (served.total / file.total - 1) };
}
