/**
 * What labels cost: `npm run bench:labels` (`LAUNCHES=1` for a quick look, `NODES=24` for one Node). Each way of carrying a
 * context has servers of its own, and short slices of load go to them in turns, so that whatever else the machine does
 * hits all of them. A server's figure is the sum over its slices, since what a profiler costs comes now and then, all at
 * once; a way's figure is the median of its servers, since one that came to lie badly in memory or was optimised in
 * another way stays up to 40 % slower for its life. The CPU time is that of the server's main thread, which other programs
 * disturb less than the requests a second.
 */
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Runtime, runtimes } from '../test/runtimes.js';
import { Load } from './labels/load.js';
import { median } from './median.js';

const rounds = Number(process.env.ROUNDS ?? 8);
const launches = Number(process.env.LAUNCHES ?? 7);
const sliceMs = 100;
const warmUpRequests = 15_000;
const connections = 32;
const modes = [
  'bare',
  'AsyncLocalStorage',
  "AsyncLocalStorage, V8's profiler",
  "AsyncLocalStorage, V8's, hook",
  'AsyncLocalStorage, profiler',
  'labels',
  'labels, profiler',
  '@datadog/pprof',
] as const;

const program = (name: string) => fileURLToPath(new URL(`./labels/${name}.js`, import.meta.url));

class Server {
  answers = 0;
  seconds = 0;
  cpuMicros = 0;

  private constructor(
    private readonly child: ChildProcess,
    private readonly load: Load,
  ) {}

  static async start(node: string, mode: string): Promise<Server> {
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
    this.cpuMicros += ((await this.#cpuNanos()) - cpuBefore) / 1000;
    this.seconds += seconds;
    this.answers += answers;
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

async function serverTable({ path }: Runtime): Promise<void> {
  const servers: { mode: string; server: Server }[] = [];
  for (let launch = 0; launch < launches; launch++) {
    // One of each at a time: more that idle beside them disturb each other.
    const running: typeof servers = [];
    for (const mode of modes) running.push({ mode, server: await Server.start(path, mode) });
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < running.length; i++) await running[(i + round) % running.length]?.server.measure();
    }
    for (const { server } of running) server.stop();
    servers.push(...running);
  }
  const each = (mode: string, of: (server: Server) => number) =>
    servers.filter((entry) => entry.mode === mode).map(({ server }) => of(server));
  const perSecond = (mode: string) => median(each(mode, ({ answers, seconds }) => answers / seconds));
  const microsOfEach = (mode: string) => each(mode, ({ answers, cpuMicros }) => cpuMicros / answers);
  const micros = (mode: string) => median(microsOfEach(mode));
  const baseline = 'AsyncLocalStorage';
  console.log(
    '                                  requests/s  over AsyncLocalStorage  CPU µs/request  over AsyncLocalStorage  each server',
  );
  for (const mode of modes) {
    console.log(
      mode.padEnd(34) +
        Math.round(perSecond(mode)).toString().padStart(10) +
        percent(perSecond(mode) / perSecond(baseline)).padStart(24) +
        micros(mode).toFixed(1).padStart(16) +
        percent(micros(mode) / micros(baseline)).padStart(24) +
        `  ${microsOfEach(mode)
          .sort((a, b) => a - b)
          .map((value) => value.toFixed(1))
          .join(' ')}`,
    );
  }
}

function percent(ratio: number): string {
  const value = (ratio - 1) * 100;
  return `${value < 0 ? '' : '+'}${value.toFixed(1)} %`;
}

function costTable({ path }: Runtime): void {
  const costs = JSON.parse(execFileSync(path, [program('cost')], { encoding: 'utf8' })) as Record<string, number>;
  for (const [call, nanos] of Object.entries(costs))
    console.log(call.padEnd(50) + `${Math.round(nanos)} ns`.padStart(8));
}

const chosen = process.env.NODES?.split(',').map(Number);
console.log(
  `${cpus()[0]?.model}, ${cpus().length} processors; ${launches} servers each, ${rounds} rounds of ${sliceMs} ms, ${connections} connections`,
);
for (const runtime of runtimes.filter(({ major }) => chosen === undefined || chosen.includes(major))) {
  console.log(`\n${runtime.name}`);
  await serverTable(runtime);
  costTable(runtime);
}
