/**
 * Do the engines that people run take what is pushed to them, and say the same as the run's file? A labelled program pushes to
 * each, at an interval of a second, and what is stored is asked for by the engine's own API: `npm run receivers`, or
 * `npm run receivers -- --intervals 240` for as many as there are in an hour.
 *
 * The OpenTelemetry Collector, with its own builder, and Parca are built here, from Go modules. Pyroscope is asked where it runs:
 * `PYROSCOPE_URL=http://127.0.0.1:4040 npm run receivers`. `PROFCHECK=/path/to/profcheck` is the profiling group's checker of OTLP.
 * What is not to be had is said, with the reason. The status is 1 where an engine says anything else than the file.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import type { ProfileModel } from 'profbuf';
import { root } from '../cli/command.js';
import { otlpIn, type Received, Receiver } from '../collector/push/receiver.js';
import {
  type Difference,
  differenceOf,
  type LabelledRun,
  runLabelled,
  type Shares,
  sharesOf,
  spanId,
} from './labelled-run.js';
import {
  buildCollector,
  collectorVersion,
  freePort,
  pprofReceiver,
  problemOfModule,
  startCollector,
} from './opentelemetry-collector.js';
import { sumsOf } from './otlp-shares.js';
import { ParcaQueries } from './parca.js';
import { buildParca, parcaVersion, startParca } from './parca-server.js';
import { PyroscopeQueries } from './pyroscope.js';

const { values } = parseArgs({ options: { intervals: { type: 'string', default: '20' } } });
const seconds = Number(values.intervals);
const folder = join(root, 'node_modules/.cache/receivers');
mkdirSync(folder, { recursive: true });

let failures = 0;
const clearing: (() => void)[] = [];
const test = { after: (clear: () => void) => clearing.push(clear) };

function say(what: string, text: string): void {
  console.log(`${what}: ${text}`);
}

/** @param problems What is not as it should be, if anything. */
function judge(what: string, facts: string, problems: readonly (string | false)[]): void {
  const found = problems.filter((problem) => problem !== false);
  if (found.length > 0) failures++;
  say(what, `${facts}; ${found.length === 0 ? 'as it should be' : `NOT AS IT SHOULD BE: ${found.join('; ')}`}`);
}

function factsOf({ points, name, totalPercent }: Difference): string {
  return `shares within ${points.toFixed(2)} points (${name}), all together ${totalPercent >= 0 ? '+' : ''}${totalPercent.toFixed(3)} %`;
}

function problemsOf({ points, totalPercent }: Difference, mostPercent: number): (string | false)[] {
  return [
    !(points <= 1) && `shares are ${points} points off`,
    !(Math.abs(totalPercent) <= mostPercent) && `all together is ${totalPercent} % off`,
  ];
}

const settings = { PROFBUF_PUSH_INTERVAL: '1', PROFBUF_PUSH_LABELS: 'region=eu' };

async function tryCollector(): Promise<readonly Received[]> {
  const name = `OpenTelemetry Collector ${collectorVersion}`;
  const direct = await Receiver.start(test);
  const problem = buildCollector();
  if (problem !== undefined) {
    say(name, `not run: ${problem}`);
    return [];
  }
  const behind = await Receiver.start(test);
  const collector = await startCollector(behind.url);
  try {
    const run = await runLabelled(seconds, {
      ...settings,
      PROFBUF_PUSH: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    });
    // It sends on what it has taken before it ends.
    await collector.stop();
    const requests = behind.received.map(otlpIn);
    for (const type of ['cpu', 'samples']) {
      const { shares, attributes, spans } = sumsOf(requests, type);
      const difference = differenceOf(sharesOf(run.file, type), shares);
      judge(`${name}, otlp receiver, ${type}`, `${requests.length} requests sent on, ${factsOf(difference)}`, [
        ...problemsOf(difference, 0.01),
        !attributes.has('route=/feed') && 'the label route is not there',
        !attributes.has('user_id=7') && 'the label user-id, a number, is not there',
        !spans.has(spanId) && 'the span is not linked',
        run.stderr !== '' && `it was said: ${run.stderr}`,
      ]);
    }
    await runLabelled(3, { ...settings, PROFBUF_PUSH: `${direct.url}/v1development/profiles` });
    return direct.received;
  } finally {
    await collector.stop();
  }
}

function tryPprofReceiver(): void {
  const { module, version } = pprofReceiver;
  const problem = problemOfModule(pprofReceiver);
  say(
    'pprof receiver of the Collector',
    problem === undefined ? 'it can be had now' : `not run: ${module} ${version}: ${problem}`,
  );
}

function tryProfcheck(received: readonly Received[]): void {
  const { PROFCHECK: profcheck } = process.env;
  if (profcheck === undefined) {
    say(
      'profcheck',
      'not run: PROFCHECK names no program; the Go module of sig-profiling is not served by the module proxy',
    );
    return;
  }
  received.forEach((one, i) => {
    const file = join(folder, `request-${i}.otlp`);
    writeFileSync(file, gunzipSync(one.body));
    const { stdout, status } = spawnSync(profcheck, ['-check-dupes', '-check-orphans', file], { encoding: 'utf8' });
    judge('profcheck, duplicates and orphans too', `request ${i}`, [status !== 0 && stdout.trim()]);
  });
  if (received.length === 0) judge('profcheck', 'nothing to check', ['no request']);
}

interface PyroscopeCase {
  readonly way: string;
  readonly place: string;
  /** By which it has the profile of the file's type. */
  readonly profileType: string;
  readonly fileType: string;
  /** What the profile of what is in use is called there. */
  readonly heapType: string;
}

const wall = 'wall:wall:nanoseconds:wall:nanoseconds';
const memory = 'memory:inuse_space:bytes:space:bytes';
const cpu = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const pyroscopeCases: readonly PyroscopeCase[] = [
  { way: 'push.v1', place: '', profileType: cpu, fileType: 'cpu', heapType: memory },
  { way: '/ingest', place: '/ingest', profileType: cpu, fileType: 'cpu', heapType: memory },
  {
    way: 'OTLP',
    place: '/v1development/profiles',
    profileType: 'cpu:cpu:nanoseconds:cpu:nanoseconds',
    fileType: 'cpu',
    heapType: 'space:inuse_space:bytes:space:bytes',
  },
];

async function tryPyroscope(): Promise<void> {
  const { PYROSCOPE_URL: url } = process.env;
  if (url === undefined) {
    const problem = problemOfModule({ module: 'github.com/grafana/pyroscope/v2', version: 'v2.1.1' });
    say('Pyroscope', `not run: PYROSCOPE_URL names none that runs; its Go module: ${problem ?? 'can be had now'}`);
    return;
  }
  const queries = new PyroscopeQueries(url);
  await queries.ready();
  const name = `Pyroscope (${await queries.version()})`;
  const suffix = Date.now().toString(36);
  const runs = pyroscopeCases.map(async (one): Promise<[PyroscopeCase, string, LabelledRun]> => {
    const application = `receivers-${one.way.replace(/\W/g, '')}-${suffix}`;
    const push = {
      ...settings,
      PROFBUF_PUSH: `${url}${one.place}`,
      PROFBUF_PUSH_NAME: application,
      PROFBUF_PUSH_PROFILES: 'cpu,wall,heap',
      PROFBUF_HEAP: '1',
    };
    return [one, application, await runLabelled(seconds, push)];
  });
  for (const [{ way, profileType, fileType, heapType }, application, run] of await Promise.all(runs)) {
    const what = `${name}, ${way}`;
    try {
      const file = sharesOf(run.file, fileType);
      const served = sharesOf(await queries.merged(profileType, application, run), fileType);
      const difference = differenceOf(file, served);
      const feed = sharesOf(await queries.merged(profileType, application, run, ',route="/feed"'), fileType);
      const span = await queries.ofSpan(profileType, application, run, spanId);
      const users = await queries.labelValues('user_id', application, run);
      const regions = await queries.labelValues('region', application, run);
      const render = ((file.shares.get('render') ?? 0) * file.total) / 100;
      const passed = sharesOf(await queries.merged(wall, application, run), 'wall').total / 1e9;
      const ranFor = (run.toMs - run.fromMs) / 1000;
      const heap = sharesOf(await queries.merged(heapType, application, run), 'inuse_space').total;
      judge(`${what}, wall and heap`, `${passed.toFixed(1)} s of ${ranFor.toFixed(1)} s, heap ${heap > 0}`, [
        // From the start of Node to its end, beginnings and ends among it that no sample saw.
        !(passed > seconds * 0.95 && passed < ranFor * 1.02) && `wall time is ${passed} s`,
        !(heap > 0) && 'there is no heap profile',
      ]);
      judge(what, `${factsOf(difference)}, ${((100 * span) / render).toFixed(1)} % of render in its span`, [
        // Each profile's values are rounded.
        ...problemsOf(difference, 0.01),
        !(feed.shares.has('parse') && !feed.shares.has('render')) && 'samples are not told apart by route',
        users.join() !== '7' && `user_id has the values ${users.join()}`,
        regions.join() !== 'eu' && `region has the values ${regions.join()}`,
        !(Math.abs(span / render - 1) < 0.02) && `the span has ${span} ns of ${render}`,
        run.stderr !== '' && `it was said: ${run.stderr}`,
      ]);
    } catch (error) {
      judge(what, 'asked', [String(error)]);
    }
  }
}

/** How much functions of what was worked take, one of the other: what Parca scrapes is a part of the run, with its own beginning. */
function workedShares(model: ProfileModel): Shares {
  const { total, shares } = sharesOf(model, 'cpu');
  const names = ['parse', 'render'];
  const worked = names.reduce((sum, name) => sum + (shares.get(name) ?? 0), 0);
  return { total, shares: new Map(names.map((name) => [name, (100 * (shares.get(name) ?? 0)) / worked])) };
}

async function tryParca(): Promise<void> {
  const name = `Parca ${parcaVersion}`;
  const problem = buildParca();
  if (problem !== undefined) {
    say(name, `not run: ${problem}`);
    return;
  }
  const [port, scrapedPort] = [await freePort(), await freePort()];
  const parca = await startParca(port, `127.0.0.1:${scrapedPort}`);
  try {
    const queries = new ParcaQueries(parca.url);
    const run = await runLabelled(Math.max(seconds, 60), { PROFBUF_HTTP: String(scrapedPort) });
    const query = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds:delta';
    const served = await queries.merged(`${query}{}`, run.fromMs, run.toMs + 5000);
    if (served === undefined) {
      judge(`${name}, scraped`, 'asked', ['nothing is there']);
      return;
    }
    const difference = differenceOf(workedShares(run.file), workedShares(served));
    const types = (await queries.types()).sort().join(' ');
    const byRoute = await queries.merged(`${query}{route="/feed"}`, run.fromMs, run.toMs + 5000);
    const facts = `parse beside render within ${difference.points.toFixed(2)} points, types ${types}`;
    judge(`${name}, scraped`, facts, [
      !(difference.points <= 1) && `shares are ${difference.points} points off`,
      run.stderr.includes('cannot') && run.stderr,
    ]);
    say(`${name}, samples by route`, byRoute === undefined ? 'nothing is found, though they have the label' : 'found');
  } finally {
    await parca.stop();
  }
}

say('each program', `pushes ${seconds} times, at an interval of 1 s`);
tryPprofReceiver();
tryProfcheck(await tryCollector());
await tryPyroscope();
await tryParca();
for (const clear of clearing) clear();
process.exit(failures === 0 ? 0 : 1);
