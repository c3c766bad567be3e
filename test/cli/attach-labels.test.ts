import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  attach,
  contextRuntimes,
  endsAsBefore,
  possessions,
  skip,
  soakTest,
  start,
  stateOf,
  tellsState,
} from './attached-program.js';
import { Folder, main, Run, root } from './command.js';

const entry = join(root, 'dist/commonjs/index.js');

/**
 * Works 15 ms under one label, some of it behind an await and a timer, 5 ms under another, and 5 without; in two threads. No profiler
 * runs. The function is another for each, so that a sample's stack tells which label it has to have.
 */
const labelled = `
  const { withLabels } = require(${JSON.stringify(entry)});
  const { Worker, isMainThread } = require('node:worker_threads');
  const until = (ms) => { const end = performance.now() + ms; while (performance.now() < end); };
  function orders() { until(5); }
  function carts() { until(5); }
  function plain() { until(5); }
  async function run() {
    for (let turn = 0; ; turn++) {
      await withLabels({ route: '/orders', turn: turn % 2 }, async () => {
        orders();
        await null;
        orders();
        await new Promise((resolve) => setTimeout(resolve, 1));
        orders();
      });
      withLabels({ route: '/carts' }, carts);
      plain();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  setTimeout(run, 50);
  if (isMainThread) {
    new Worker(__filename);
    ${tellsState}
  } else setTimeout(() => console.log('ready'), 200);
`;

for (const runtime of contextRuntimes) {
  test(`labels of a program without a profiler are those that are in force, on ${runtime.name}`, {
    skip,
  }, async (t) => {
    const folder = new Folder(t);
    const program = await start(t, folder, labelled, runtime);
    await stateOf(program);
    const [before, files] = [await stateOf(program), possessions(program.process.pid)];
    assert.match(before, /"labels":\["version","implementation"\]/);
    const { code, stderr } = await attach(folder, program, '--seconds', '2', '--rate', '500');
    assert.equal(code, 0, stderr);
    assert.match(stderr, /, of 2 threads, .*nothing lost$/m);
    const { model } = folder.profile();
    const expected: Readonly<Record<string, string>> = { orders: '/orders', carts: '/carts', plain: 'none' };
    const found: Record<string, number> = {};
    const turns = new Set<string>();
    for (const { stack, values, labels } of model.samples) {
      const names = stack.flatMap((index) =>
        (model.locations[index]?.lines ?? []).map((line) => model.functions[line.function]?.name ?? ''),
      );
      const name = names.find((name) => name in expected);
      if (name === undefined) continue;
      const route = String(labels.find(({ key }) => key === 'route')?.value ?? 'none');
      for (const { key, value } of labels) if (key === 'turn') turns.add(String(value));
      const kind = route === expected[name] ? 'right' : 'wrong';
      found[`${name} ${kind}`] = (found[`${name} ${kind}`] ?? 0) + Number(values[0]);
      const thread = labels.find(({ key }) => key === 'thread')?.value ?? 'main';
      found[`${thread}`] = (found[`${thread}`] ?? 0) + Number(values[0]);
    }
    const all = JSON.stringify(found);
    for (const name of Object.keys(expected)) {
      assert.ok((found[`${name} right`] ?? 0) > 20, all);
      // One at an edge may be on the other side of it: the clocks are compared to some microseconds.
      assert.ok((found[`${name} wrong`] ?? 0) <= 0.02 * (found[`${name} right`] ?? 0) + 2, all);
    }
    assert.ok((found.main ?? 0) > 20 && (found['worker 1'] ?? 0) > 20, all);
    assert.deepEqual([...turns].sort(), ['0', '1']);

    assert.equal(await stateOf(program), before);
    assert.deepEqual(possessions(program.process.pid), files);
    await endsAsBefore(program);
  });
}

soakTest('labels that are first used meanwhile are read, and --no-labels leaves them alone', { skip }, async (t) => {
  const folder = new Folder(t);
  const code = `
    const { withLabels } = require(${JSON.stringify(entry)});
    function late() { for (const end = performance.now() + 8; performance.now() < end; ); }
    setTimeout(() => setInterval(() => withLabels({ job: 'late' }, late), 10), 1500);
    ${tellsState}
    console.log('ready');
  `;
  const program = await start(t, folder, code, { path: process.execPath });
  const { code: status, stderr } = await attach(folder, program, '--seconds', '3');
  assert.equal(status, 0, stderr);
  const labelsOf = () =>
    new Set(folder.profile().model.samples.flatMap(({ labels }) => labels.map(({ key, value }) => `${key}=${value}`)));
  assert.deepEqual([...labelsOf()], ['job=late']);
  const without = await attach(folder, program, '--seconds', '0.5', '--no-labels');
  assert.equal(without.code, 0, without.stderr);
  assert.deepEqual([...labelsOf()], []);
  await endsAsBefore(program);
});

soakTest('a program with a profiler of its own keeps it and its labels, and that is said', { skip }, async (t) => {
  const folder = new Folder(t);
  const app = folder.write('app.js', `${labelled} if (isMainThread) console.log('pid ' + process.pid);`);
  const words = ['record', '--output', 'own.pb.gz', '--', '--inspect-port=0', app];
  const recording = new Run(process.execPath, [main, ...words], { cwd: folder.path });
  t.after(() => recording.process.kill('SIGKILL'));
  await recording.printed('ready');
  recording.process.stdin?.write('state');
  await recording.printed('has ');
  const [, pid] = await recording.printed(/^pid (\d+)$/m);
  const attached = new Run(process.execPath, [main, 'attach', '--seconds', '1', `${pid}`], { cwd: folder.path });
  const { code, stderr } = await attached.end();
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^profbuf: process \d+ runs with a profiler of profbuf's own, whose profile has labels /m);
  recording.process.stdin?.write('end');
  const ended = await recording.end();
  assert.equal(ended.code, 7);
  const routes = new Set(
    folder
      .profile('own.pb.gz')
      .model.samples.flatMap(({ labels }) => labels.filter(({ key }) => key === 'route').map(({ value }) => value)),
  );
  assert.deepEqual([...routes].sort(), ['/carts', '/orders']);
});

soakTest('a command that was killed does not keep the next one from the labels', { skip }, async (t) => {
  const folder = new Folder(t);
  const program = await start(t, folder, labelled, { path: process.execPath });
  await stateOf(program);
  const before = await stateOf(program);
  const words = ['attach', '--seconds', '100', `${program.process.pid}`];
  const killed = new Run(process.execPath, [main, ...words], { cwd: folder.path });
  await killed.said('samples process');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  killed.process.kill('SIGKILL');
  await killed.end();
  assert.match(await stateOf(program), /"labels":\["version","implementation","reader"\]/);
  // Its inspector is open yet, at a port that no option names.
  const [, port = ''] = await program.said(/listening on ws:\/\/127\.0\.0\.1:(\d+)/);
  const { code, stderr } = await attach(folder, program, '--seconds', '1', '--port', port);
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /a profiler of profbuf's own/);
  const routes = new Set(
    folder.profile().model.samples.flatMap(({ labels }) => labels.filter(({ key }) => key === 'route')),
  );
  assert.ok(routes.size > 0, stderr);
  assert.equal(await stateOf(program), before);
});
