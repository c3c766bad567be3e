import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Profile } from 'profbuf';
import { root } from '../../cli/command.js';
import { goPprof, skip } from '../../profile/go-pprof.js';
import { ServedProgram, shareOf } from './served-program.js';

/*
 * Grafana Alloy (pyroscope.scrape) and Parca ask for the same five paths by default. Both send the CPU profile's seconds
 * only, take a status of 200 and a valid pprof profile for success, and stop a target that fails. Their intervals of 15
 * and 10 s are 2 s here, with collections of 1 s in place of 14 and 10.
 */
const paths = ['allocs', 'block', 'goroutine', 'mutex', 'profile?seconds=1'];
const scrapers: Readonly<Record<string, Record<string, string>>> = {
  'Grafana Alloy': { 'User-Agent': 'Alloy/v1.10.0', 'Accept-Encoding': 'gzip' },
  Parca: { 'User-Agent': 'Parca/v0.24.0', 'Accept-Encoding': 'gzip', Accept: '*/*' },
};

const service = `
  import { createServer } from 'node:http';
  function handle(request, response) {
    const rows = Array.from({ length: 2000 }, (_, id) => ({ id, name: 'name ' + id }));
    response.end(JSON.stringify(rows));
  }
  const server = createServer(handle).listen(0, '127.0.0.1', async () => {
    for (;;) await (await fetch('http://127.0.0.1:' + server.address().port)).text();
  });
`;

test('what Alloy and Parca ask for by default succeeds each time, while a person takes a profile', async (t) => {
  const program = await ServedProgram.start(t, service);
  await program.sampled();
  const person = program.profile('profile?seconds=6');
  const scraped = new Map<string, Profile[]>();
  await Promise.all(
    Object.entries(scrapers).map(async ([scraper, headers]) => {
      for (let round = 0; round < 3; round++) {
        const next = new Promise((resolve) => setTimeout(resolve, 2000));
        await Promise.all(
          paths.map(async (path) => {
            const { status, headers: answered, body } = await program.ask(path, { headers });
            assert.equal(status, 200, `${scraper} ${path}: ${body}`);
            // The file itself is compressed, and not the transfer: a client would undo that before it looks.
            assert.equal(answered['content-encoding'], undefined);
            assert.deepEqual([...body.subarray(0, 2)], [0x1f, 0x8b], path);
            const key = `${scraper} ${path}`;
            scraped.set(key, [...(scraped.get(key) ?? []), Profile.decode(body)]);
          }),
        );
        await next;
      }
    }),
  );

  for (const [key, profiles] of scraped) {
    assert.equal(profiles.length, 3, key);
    for (const { model } of profiles) {
      assert.ok(model.sampleTypes.length > 0 && model.periodType.type !== '' && Number(model.period) > 0, key);
      assert.ok(
        model.samples.every(({ stack, values }) => stack.length > 0 && values.length === model.sampleTypes.length),
      );
    }
    if (key.includes('profile')) {
      for (const profile of profiles) {
        const seconds = Number(profile.model.durationNanos) / 1e9;
        assert.ok(seconds > 0.9 && seconds < 10, `${key}: ${seconds} s`);
        assert.ok(shareOf(profile, 'handle') > 0.1, profile.topTable(10));
      }
    } else if (!key.includes('goroutine')) {
      // They are taken for counters that only grow.
      const totals = profiles.map(({ model }) => model.samples.reduce((sum, { values }) => sum + Number(values[0]), 0));
      assert.deepEqual(
        totals,
        totals.toSorted((a, b) => a - b),
        key,
      );
    }
  }
  const taken = await person;
  assert.ok(shareOf(taken, 'handle') > 0.1, taken.topTable(10));
});

test("Go's own reader takes each of them for valid", { skip }, async (t) => {
  const program = await ServedProgram.start(t, service);
  for (const path of paths) {
    const { body } = await program.ask(path);
    assert.match(goPprof(body, '-raw'), /^PeriodType: /m, path);
  }
});

test('a label whose name Prometheus does not allow is served under one that it does, and stays what it is in the file', async (t) => {
  const program = await ServedProgram.start(
    t,
    `import { withLabels } from ${JSON.stringify(pathToFileURL(join(root, 'dist/index.js')).href)};
    function busy() {
      const end = Date.now() + 20;
      while (Date.now() < end);
      setImmediate(busy);
    }
    withLabels({ 'user-id': 'u1' }, busy);
    process.stdin.on('data', () => process.exit());`,
    { env: { PROFBUF_OUTPUT: 'cpu.pb.gz' } },
  );
  const namesIn = ({ model }: Profile) => new Set(model.samples.flatMap(({ labels }) => labels.map(({ key }) => key)));
  await program.sampled();
  const served = await program.profile('profile?seconds=1');
  assert.deepEqual([...namesIn(served)], ['user_id']);
  assert.ok(served.model.comments.some((comment) => comment.endsWith(': user-id is user_id')));
  program.run.process.stdin?.write('end');
  await program.run.end();
  assert.deepEqual([...namesIn(program.folder.profile('cpu.pb.gz'))], ['user-id']);
});
