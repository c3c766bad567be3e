import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ProfileModel } from 'profbuf';
import { Folder, type Run, root } from '../../cli/command.js';
import { runtimes } from '../../runtimes.js';
import { runProfiled, startProfiled } from '../profiled-program.js';
import { otlpIn, pushedIn, Receiver } from './receiver.js';

/** Busy under labels, for some seconds of CPU time, with a rest now and then in which messages come in. */
const labelled = (seconds: number, body = '') => `
  const { withLabels } = require(${JSON.stringify(`${root}dist/commonjs/index.js`)});
  function spend(milliseconds) {
    const begin = process.cpuUsage();
    let sum = 0;
    while (process.cpuUsage(begin).user < milliseconds * 1000) for (let i = 0; i < 1e5; i++) sum += Math.sqrt(i);
    return sum;
  }
  function parse() { return spend(30); }
  function render() { return spend(10); }
  const ids = { span_id: '00f067aa0ba902b7', trace_id: '4bf92f3577b34da6a3ce929d0e0e4736' };
  async function main() {
    const begin = process.cpuUsage();
    ${body}
    while (process.cpuUsage(begin).user < ${seconds * 1e6}) {
      withLabels({ route: '/feed', 'user-id': 7 }, parse);
      withLabels({ route: '/page', ...ids }, render);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  main();
`;

/** Nanoseconds and counts by the name of the function, wherever it is on the stack. */
function amountOf({ samples, locations, functions }: ProfileModel, name: string, type: number): number {
  const isOn = (stack: readonly number[]) =>
    stack.some((location) => locations[location]?.lines.some((line) => functions[line.function]?.name === name));
  return samples.reduce((sum, { stack, values }) => sum + (isOn(stack) ? Number(values[type]) : 0), 0);
}

function total({ samples }: ProfileModel, type: number): number {
  return samples.reduce((sum, { values }) => sum + Number(values[type]), 0);
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, number) => all + number, 0);

function labelsOf({ samples }: ProfileModel): string[] {
  const sets = samples.map(({ labels }) => labels.map(({ key, value }) => `${key}=${JSON.stringify(value)}`).join());
  return [...new Set(sets)].sort();
}

/** Each begins where the one before ends. */
function gapsBetween(models: readonly ProfileModel[]): number[] {
  const ends = models.map(({ timeNanos, durationNanos }) => BigInt(timeNanos) + BigInt(durationNanos));
  return models.slice(1).map(({ timeNanos }, i) => Number(BigInt(timeNanos) - (ends[i] ?? 0n)));
}

function assertConsecutive(models: readonly ProfileModel[]): void {
  const gaps = gapsBetween(models);
  assert.ok(
    gaps.every((gap) => gap === 0),
    gaps.join(),
  );
}

const settings = { PROFBUF_PUSH_INTERVAL: '1', PROFBUF_PUSH_FLUSH: '2000' };

describe('what is pushed', () => {
  for (const runtime of runtimes) {
    it(`${runtime.name}: is, added up, the run's file, each profile of a time of its own`, async (t) => {
      const receiver = await Receiver.start(t);
      const folder = new Folder(t);
      const script = folder.write('app.cjs', labelled(2.5));
      const env = { ...settings, PROFBUF_PUSH: receiver.url, OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test' };
      const { code, stderr } = await runProfiled(runtime, folder, [script], { env });
      assert.equal(code, 0, stderr);
      const pushed = receiver.received.map(pushedIn);
      assert.ok(pushed.length >= 3, `${pushed.length}`);
      for (const { labels, model } of pushed) {
        const { __name__: name, __delta__: delta, service_name: service, deployment_environment: environment } = labels;
        assert.deepEqual([name, delta, service, environment], ['process_cpu', 'false', 'app', 'test']);
        assert.deepEqual(
          [...model.sampleTypes, model.periodType].map(({ type, unit }) => `${type}/${unit}`),
          ['samples/count', 'cpu/nanoseconds', 'cpu/nanoseconds'],
        );
        for (const { labels } of model.samples) assert.ok(labels.every(({ value }) => typeof value === 'string'));
      }
      assertConsecutive(pushed.map(({ model }) => model));

      const file = folder.profile().model;
      const models = pushed.map(({ model }) => model);
      assert.equal(sum(models.map((model) => total(model, 0))), total(file, 0), 'each sample once');
      // Values are rounded in each profile.
      const near = (actual: number, expected: number) =>
        assert.ok(Math.abs(actual - expected) <= 1e-5 * expected + 1e4, `${actual} ${expected}`);
      near(sum(models.map((model) => total(model, 1))), total(file, 1));
      for (const name of ['parse', 'render', 'spend']) {
        assert.ok(amountOf(file, name, 0) > 10, name);
        near(sum(models.map((model) => amountOf(model, name, 1))), amountOf(file, name, 1));
      }
      const all = new Set(models.flatMap(labelsOf));
      assert.ok(all.has('route="/feed",user_id="7"'), [...all].join('; '));
      assert.ok([...all].some((labels) => labels.includes('span_id="00f067aa0ba902b7"')));
      assert.equal(
        receiver.received.every(({ path }) => path === '/push.v1.PusherService/Push'),
        true,
      );
    });
  }

  it('has what a program spends on ending after it did nothing for longer than an interval', async (t) => {
    const receiver = await Receiver.start(t);
    const folder = new Folder(t);
    const [runtime] = runtimes;
    assert.ok(runtime);
    // Where no sample is taken any more: what is spent belongs to the last one, which was pushed before.
    const end = `process.on('exit', () => { for (let i = 0; i < 2e6; i++) Math.sqrt(i); });`;
    const idle = 'await new Promise((resolve) => setTimeout(resolve, 1600)); process.exit();';
    const script = folder.write('app.cjs', labelled(0, `${end} spend(300); ${idle}`));
    const { code, stderr } = await runProfiled(runtime, folder, [script], {
      env: { ...settings, PROFBUF_PUSH: receiver.url },
    });
    assert.equal(code, 0, stderr);
    const models = receiver.received.map((received) => pushedIn(received).model);
    const file = folder.profile().model;
    const [pushed, whole] = [sum(models.map((model) => total(model, 1))), total(file, 1)];
    assert.ok(Math.abs(pushed - whole) < 1e4, `${pushed} ${whole}`);
    assert.equal(sum(models.map((model) => total(model, 0))), total(file, 0));
  });

  it('goes to /ingest as Pyroscope’s own SDKs send it', async (t) => {
    const receiver = await Receiver.start(t);
    const folder = new Folder(t);
    const script = folder.write('app.cjs', labelled(1.2));
    const [runtime] = runtimes.slice(-1);
    assert.ok(runtime);
    const { code, stderr } = await runProfiled(runtime, folder, [script], {
      env: {
        ...settings,
        PROFBUF_PUSH: 'pyroscope-ingest',
        PYROSCOPE_SERVER_ADDRESS: receiver.url,
        PYROSCOPE_APPLICATION_NAME: 'shop',
        PYROSCOPE_AUTH_TOKEN: 's3cret',
        PYROSCOPE_TENANT_ID: 'team',
        PROFBUF_PUSH_LABELS: 'region=eu west',
      },
    });
    assert.equal(code, 0, stderr);
    assert.ok(receiver.received.length >= 2);
    for (const { path, query, headers } of receiver.received) {
      assert.equal(path, '/ingest');
      const { from, until, ...fixed } = Object.fromEntries(query);
      assert.deepEqual(fixed, { name: 'shop{region=eu_west}', format: 'pprof', sampleRate: '100', spyName: 'profbuf' });
      assert.ok(Number(from) < Number(until) && Math.abs(Number(until) - Date.now()) < 600_000);
      assert.equal(headers.authorization, 'Bearer s3cret');
      assert.equal(headers['x-scope-orgid'], 'team');
      assert.equal(headers['content-type'], 'application/octet-stream');
    }
    const models = receiver.received.map((received) => pushedIn(received).model);
    assert.equal(sum(models.map((model) => total(model, 0))), total(folder.profile().model, 0));
  });

  it('goes out as OTLP, with labels as attributes and spans as links', async (t) => {
    const receiver = await Receiver.start(t);
    const folder = new Folder(t);
    const script = folder.write('app.cjs', labelled(1.2));
    const [runtime] = runtimes;
    assert.ok(runtime);
    const { code, stderr } = await runProfiled(runtime, folder, [script], {
      env: {
        ...settings,
        PROFBUF_PUSH: 'otlp',
        OTEL_EXPORTER_OTLP_ENDPOINT: `${receiver.url}/base`,
        OTEL_EXPORTER_OTLP_HEADERS: 'api-key=s3%20cret',
        OTEL_SERVICE_NAME: 'shop',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
      },
    });
    assert.equal(code, 0, stderr);
    assert.ok(receiver.received.length >= 2);
    let counted = 0;
    let nanos = 0;
    const links = new Set<string>();
    const attributes = new Set<string>();
    for (const received of receiver.received) {
      assert.equal(received.path, '/base/v1development/profiles');
      assert.equal(received.headers['content-type'], 'application/x-protobuf');
      assert.equal(received.headers['content-encoding'], 'gzip');
      assert.equal(received.headers['api-key'], 's3 cret');
      // Absent, it is version 1, which is what is spoken; a server refuses one that it does not know.
      assert.equal(received.headers['otlp-profiles-development-version'], undefined);
      const { dictionary, resource_profiles } = otlpIn(received);
      const [{ resource, scope_profiles } = assert.fail()] = resource_profiles;
      const named = Object.fromEntries(resource.attributes.map(({ key, value }) => [key, value.string_value]));
      assert.equal(named['service.name'], 'shop');
      assert.equal(named['deployment.environment'], 'test');
      assert.equal(named['process.runtime.name'], 'nodejs');
      const [counts, cpu] = scope_profiles[0]?.profiles ?? [];
      for (const { values, link_index, attribute_indices } of counts?.samples ?? []) {
        counted += values[0] ?? 0;
        if (link_index > 0) links.add(Buffer.from(dictionary.link_table[link_index]?.span_id ?? []).toString('hex'));
        for (const index of attribute_indices) {
          const attribute = dictionary.attribute_table[index];
          attributes.add(`${dictionary.string_table[attribute?.key_strindex ?? 0]}=${attribute?.value?.string_value}`);
        }
      }
      nanos += sum((cpu?.samples ?? []).map(({ values }) => values[0] ?? 0));
    }
    const file = folder.profile().model;
    assert.equal(counted, total(file, 0));
    assert.ok(Math.abs(nanos - total(file, 1)) < 1e-4 * total(file, 1), `${nanos} ${total(file, 1)}`);
    assert.deepEqual([...links], ['00f067aa0ba902b7']);
    assert.ok(attributes.has('route=/feed') && attributes.has('user_id=7'), [...attributes].join());
  });

  it('is all that is on: wall time, the heap, stalls', async (t) => {
    const receiver = await Receiver.start(t);
    const folder = new Folder(t);
    const [runtime] = runtimes.slice(-1);
    assert.ok(runtime);
    const stall =
      'await new Promise((resolve) => setTimeout(resolve, 800)); globalThis.kept = Array.from({ length: 1e6 }, (_, i) => ({ i })); spend(400);';
    const script = folder.write('app.cjs', labelled(2, stall));
    const { code, stderr } = await runProfiled(runtime, folder, [script], {
      env: {
        ...settings,
        PROFBUF_PUSH: receiver.url,
        PROFBUF_PUSH_PROFILES: 'cpu,wall,heap,block',
        PROFBUF_HEAP: '1',
        PROFBUF_STALL: '200',
      },
    });
    assert.equal(code, 0, stderr);
    const pushed = receiver.received.map(pushedIn);
    const named = (name: string) => pushed.filter(({ labels }) => labels.__name__ === name).map(({ model }) => model);
    assert.deepEqual([...new Set(pushed.map(({ labels }) => labels.__name__))].sort(), [
      'block',
      'memory',
      'process_cpu',
      'wall',
    ]);
    assert.ok(sum(named('wall').map((model) => total(model, 1))) > 1e9);
    assert.ok(named('memory').some((model) => model.sampleTypes.some(({ type }) => type === 'inuse_space')));
    for (const name of ['memory', 'process_cpu', 'wall']) assertConsecutive(named(name));
    // A stall that was pushed does not come again; of a time without one there is no profile.
    assert.ok(gapsBetween(named('block')).every((gap) => gap >= 0));
    const contentions = sum(named('block').map((model) => total(model, 0)));
    assert.ok(
      contentions >= 1 && contentions <= (stderr.match(/event loop/g)?.length ?? 0) + 1,
      `${contentions}\n${stderr}`,
    );
  });

  for (const runtime of [runtimes.at(0), runtimes.at(-1)]) {
    if (runtime === undefined) continue;
    it(`${runtime.name}: is, of allocations, what was allocated since the last push`, async (t) => {
      const receiver = await Receiver.start(t);
      const folder = new Folder(t);
      const allocate =
        'globalThis.kept = []; setInterval(() => kept = Array.from({ length: 2e5 }, (_, i) => ({ i })), 50).unref();';
      const script = folder.write('app.cjs', labelled(1.2, allocate));
      const env = { ...settings, PROFBUF_PUSH: receiver.url, PROFBUF_ALLOCS: '1', PROFBUF_PUSH_PROFILES: 'allocs' };
      const { code, stderr } = await runProfiled(runtime, folder, [script], { env });
      assert.equal(code, 0, stderr);
      const models = receiver.received.map((received) => pushedIn(received).model);
      assert.ok(models.length >= 2, `${models.length}`);
      const file = folder.profile().model;
      assert.ok(total(file, 0) > 10);
      // Objects that were sampled: space is scaled by how many there are, in each profile anew.
      assert.equal(sum(models.map((model) => total(model, 0))), total(file, 0));
      assertConsecutive(models);
    });
  }

  it('is flushed at the end, whatever that is', async (t) => {
    const receiver = await Receiver.start(t);
    const folder = new Folder(t);
    const env = { PROFBUF_PUSH: receiver.url, PROFBUF_PUSH_FLUSH: '2000' };
    const endings: [string, (run: Run) => void][] = [
      ['', () => {}],
      ['spend(200); process.exit(3);', () => {}],
      ['spend(200); throw new Error("over");', () => {}],
      [
        'spend(200); console.log("now"); for (;;);',
        (run) => run.printed('now').then(() => run.process.kill('SIGTERM')),
      ],
    ];
    const [runtime] = runtimes;
    assert.ok(runtime);
    for (const [body, end] of endings) {
      const before = receiver.received.length;
      const run = startProfiled(runtime, folder, [folder.write('app.cjs', labelled(0.3, body))], env);
      end(run);
      const { stderr } = await run.end();
      assert.equal(receiver.received.length, before + 1, `${body}\n${stderr}`);
      assert.ok(total(pushedIn(receiver.received.at(-1) ?? assert.fail()).model, 0) > 0);
    }
  });
});
