/**
 * What labels cost: `npm run bench:labels` (`LAUNCHES=1` for a quick look, `NODES=24` for one Node,
 * `MODES='labels, profiler;@datadog/pprof'` for some ways). For each way of carrying
 * a context a server is started beside one with AsyncLocalStorage, and slices of load go to the two in turns, short ones, so
 * that whatever else the machine does hits both. A server's figure is the sum over its slices, since what a profiler costs
 * comes now and then, all at once. A way's figure is the median of its pairs, since a server that came to lie badly in memory
 * or was optimised in another way stays up to 40 % slower for its life. The first line of the table, AsyncLocalStorage against
 * itself, says what such a median is worth. The CPU time is that of the server's main thread, which other programs disturb
 * less than the requests a second.
 */
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Runtime, runtimes } from '../test/runtimes.js';
import { Load } from './labels/load.js';
import { type ModeName, modeNames } from './labels/modes.js';
import { median } from './median.js';

const rounds = Number(process.env.ROUNDS ?? 16);
const launches = Number(process.env.LAUNCHES ?? 7);
const sliceMs = 100;
const warmUpRequests = 15_000;
const connections = 32;
const baselineMode: ModeName = 'AsyncLocalStorage';
const chosenModes = process.env.MODES?.split(';') ?? modeNames;
const comparedModes = modeNames.filter((name) => chosenModes.includes(name));
if (comparedModes.length < chosenModes.length) throw new RangeError(`MODES are some of ${modeNames.join('; ')}`);

const program = (name: string) => fileURLToPath(new URL(`./labels/${name}.js`, import.meta.url));

class Server {
  #answers = 0;
  #seconds = 0;
  #cpuMicros = 0;

  private constructor(
    private readonly child: ChildProcess,
    private readonly load: Load,
  ) {}

  static async start(node: string, mode: ModeName): Promise<Server> {
    const child = fork(program('server'), [mode], { execPath: node, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const [port] = (await once(child, 'message')) as [number];
    const load = await Load.connect(port, connections);
    for (let answers = 0; answers < warmUpRequests; ) answers += await load.run(sliceMs);
    return new Server(child, load);
  }

  async measure(): Promise<void> {
    const cpuBefore = await this.#cpuNanos();
    const start = performance.now();
    const answers = await this.load.run(sliceMs);
    const seconds = (performance.now() - start) / 1000;
    this.#cpuMicros += ((await this.#cpuNanos()) - cpuBefore) / 1000;
    this.#seconds += seconds;
    this.#answers += answers;
  }

  figures(): Figures {
    return {
      answersPerSecond: this.#answers / this.#seconds,
      microsPerAnswer: this.#cpuMicros / this.#answers,
    };
  }

  stop(): void {
    this.load.close();
    // At an ordinary end Node says that it waits for the bare profiler's session.
    this.child.kill('SIGKILL');
  }

  async #cpuNanos(): Promise<number> {
    this.child.send('cpu');
    const [nanos] = (await once(this.child, 'message')) as [number];
    return nanos;
  }
}

interface Figures {
  readonly answersPerSecond: number;
  readonly microsPerAnswer: number;
}
interface Pair {
  readonly measured: Figures;
  readonly baseline: Figures;
}

async function pair(path: string, mode: ModeName): Promise<Pair> {
  const [measured, baseline] = [await Server.start(path, mode), await Server.start(path, baselineMode)];
  for (let round = 0; round < rounds; round++) {
    for (const server of round % 2 === 0 ? [measured, baseline] : [baseline, measured]) await server.measure();
  }
  measured.stop();
  baseline.stop();
  return { measured: measured.figures(), baseline: baseline.figures() };
}

async function serverTable({ path }: Runtime): Promise<void> {
  const pairs = new Map<ModeName, Pair[]>(comparedModes.map((mode) => [mode, []]));
  for (let launch = 0; launch < launches; launch++) {
    for (const [mode, found] of pairs) found.push(await pair(path, mode));
  }
  console.log(
    '                                  requests/s  over AsyncLocalStorage  CPU µs/request  over AsyncLocalStorage, and each pair, %',
  );
  for (const [mode, found] of pairs) {
    const values = (key: keyof Figures) => median(found.map(({ measured }) => measured[key]));
    const more = (key: keyof Figures) =>
      found.map(({ measured, baseline }) => (measured[key] / baseline[key] - 1) * 100).sort((a, b) => a - b);
    console.log(
      mode.padEnd(34) +
        values('answersPerSecond').toFixed(0).padStart(10) +
        percent(median(more('answersPerSecond'))).padStart(24) +
        values('microsPerAnswer').toFixed(1).padStart(16) +
        percent(median(more('microsPerAnswer'))).padStart(24) +
        `   ${more('microsPerAnswer')
          .map((value) => value.toFixed(0))
          .join(' ')}`,
    );
  }
}

function percent(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(1)} %`;
}

function costTable({ path }: Runtime): void {
  const costs = JSON.parse(execFileSync(path, [program('cost')], { encoding: 'utf8' })) as Record<string, number>;
  for (const [call, nanos] of Object.entries(costs))
    console.log(call.padEnd(50) + `${Math.round(nanos)} ns`.padStart(8));
}

const chosen = process.env.NODES?.split(',').map(Number);
console.log(
  `${cpus()[0]?.model}, ${cpus().length} processors; ${launches} pairs of servers each, ${rounds} rounds of ${sliceMs} ms, ${connections} connections`,
);
for (const runtime of runtimes.filter(({ major }) => chosen === undefined || chosen.includes(major))) {
  console.log(`\n${runtime.name}`);
  await serverTable(runtime);
  costTable(runtime);
}
