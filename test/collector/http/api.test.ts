import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { type ProfbufError, Profile, startProfiler } from 'profbuf';
import { Folder, Run, root } from '../../cli/command.js';
import { ask } from './served-program.js';

test('startProfiler({ http }) serves until stop, and tells where', async () => {
  const profiler = await startProfiler({ http: 0 });
  const url = profiler.httpUrl ?? assert.fail('it does not listen');
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
  const { status, body } = await ask(`${url}/debug/pprof/wall?seconds=1`);
  assert.equal(status, 200);
  assert.equal(Profile.decode(body).model.sampleTypes.at(-1)?.type, 'wall');
  await profiler.stop();
  await assert.rejects(ask(`${url}/debug/pprof/`), { code: 'ECONNREFUSED' });
});

test('stop answers what is being collected first', async () => {
  const profiler = await startProfiler({ http: '127.0.0.1:0' });
  const reply = ask(`${profiler.httpUrl}/debug/pprof/profile?seconds=600`);
  // When this one is answered, that one has come in.
  await ask(`${profiler.httpUrl}/debug/pprof/wall?seconds=1`);
  await profiler.stop();
  assert.equal((await reply).status, 200);
});

test('an address that is none is an error with a code', async () => {
  const wrong: unknown[] = [
    '',
    'here',
    'localhost',
    70_000,
    -1,
    1.5,
    '1:2:3',
    {},
    { port: 'x' },
    { port: 0, host: '' },
    true,
  ];
  for (const http of wrong) {
    await assert.rejects(
      startProfiler({ http: http as number }),
      { code: 'ERR_PROFBUF_OPTION', message: /^http: .* \[HOST:\]PORT/ },
      String(http),
    );
  }
  // As a variable gives it that is not set, or set to nothing; as a file does.
  for (const token of [
    undefined,
    null,
    '',
    ' ',
    's3cret\n',
    's3cret\r\n',
    'two words',
    's3crét',
    7,
    'x'.repeat(1001),
  ]) {
    await assert.rejects(startProfiler({ http: { port: 0, token: token as string } }), (error: Error) => {
      assert.equal((error as ProfbufError).code, 'ERR_PROFBUF_OPTION');
      assert.match(error.message, /^http: the token [^\n]+; a token is 1 to 1000 /);
      assert.doesNotMatch(error.message, /s3cr|two/);
      return true;
    });
  }
  const stall = { thresholdMs: 5 };
  await assert.rejects(startProfiler({ stall }), { code: 'ERR_PROFBUF_OPTION', message: /from 50 to 60000/ });
});

test('a port in use leaves the profiler without a server', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await new Promise((resolve) => taken.once('listening', resolve));
  const profiler = await startProfiler({ http: (taken.address() as AddressInfo).port });
  assert.equal(profiler.httpUrl, undefined);
  assert.ok((await profiler.stop()).model.sampleTypes.length > 0);
});

test('in a program that is profiled already, startProfiler has a server besides, which ends with stop', async (t) => {
  const folder = new Folder(t);
  const script = folder.write(
    'app.mjs',
    `import { startProfiler } from ${JSON.stringify(`${root}dist/index.js`)};
    const profiler = await startProfiler({ http: { port: 0, token: 'abc' } });
    const url = profiler.httpUrl + '/debug/pprof/symbol';
    const refused = (await fetch(url)).status;
    const { status } = await fetch(url, { headers: { Authorization: 'Bearer abc' } });
    await profiler.stop();
    console.log(refused, status, await fetch(url).then(() => 'open', () => 'closed'));`,
  );
  const run = new Run(process.execPath, ['--require', `${root}dist/register.cjs`, script], {
    cwd: folder.path,
    env: { PROFBUF_HTTP: '0' },
  });
  const { code, stdout, stderr } = await run.end();
  assert.equal(code, 0, stderr);
  assert.equal(stdout, '401 200 closed\n');
  assert.equal(stderr.match(/serving http/g)?.length, 2);
});
