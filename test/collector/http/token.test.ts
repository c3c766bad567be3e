import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { executablePath, flags, skip as skipWithoutChromium, stepMs } from '../../chromium-program.js';
import { Folder, main, profbuf, root, run } from '../../cli/command.js';
import { goEnvironment, skip as skipWithoutGo } from '../../go-tool.js';
import { skipWithout } from '../../required-tool.js';
import { busyUntil } from '../profiled-program.js';
import { busyProgram, ServedProgram } from './served-program.js';

// All characters that a token may have; in a URL some of them stand as %2B, %2F and %3D.
const token = 's3cret.to~ken_-+/=';
const env = { PROFBUF_HTTP_TOKEN: token };

const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`;

const wrong = [
  undefined,
  'Bearer',
  'Bearer s3cret',
  `Bearer ${token}2`,
  `Basic ${token}`,
  'Basic',
  'Basic ?',
  basic(token),
  basic(`${token}:`),
  basic('any:'),
  basic(`any:${token}2`),
  basic(`any:2${token}`),
  basic(`any:pass:${token}`),
  `Digest ${token}`,
];
const right = [
  `Bearer ${token}`,
  `bearer  ${token}`,
  basic(`any:${token}`),
  basic(`:${token}`),
  basic(`ütf:${token}`),
  `bAsIc  ${basic(`any:${token}`).slice('Basic '.length)} `,
];

test('with a token, only who has it is answered, by whatever way', async (t) => {
  const program = await ServedProgram.start(t, busyProgram, { env });
  for (const authorization of wrong) {
    const headers: Record<string, string> = authorization === undefined ? {} : { Authorization: authorization };
    assert.equal((await program.ask('', { headers })).status, 401, authorization);
  }
  for (const Authorization of right) {
    assert.equal((await program.ask('', { headers: { Authorization } })).status, 200, Authorization);
  }
});

test('who has none is told both ways, a header line each', async (t) => {
  const program = await ServedProgram.start(t, busyProgram, { env });
  const socket = connect(Number(new URL(program.url).port), '127.0.0.1');
  socket.write('GET /debug/pprof/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  let answer = '';
  for await (const text of socket.setEncoding('utf8')) answer += text;
  assert.deepEqual(answer.match(/^WWW-Authenticate: .*$/gim), [
    'WWW-Authenticate: Basic realm="profbuf", charset="UTF-8"',
    'WWW-Authenticate: Bearer realm="profbuf"',
  ]);
  assert.match(answer, /\r\n\r\nthe token is missing or another one: [^\n]+\n$/);
});

const tools = {
  'go tool pprof': {
    skip: skipWithoutGo,
    profile: (url: string) => ['go', 'tool', 'pprof', '-top', '-seconds', '1', url],
    said: /\bbusy$/m,
  },
  curl: {
    skip: skipWithout('curl', '--version'),
    profile: (url: string) => ['curl', '-sS', '--fail', `${url}/debug/pprof/symbol`],
    said: /^num_symbols: 1\n$/,
  },
};

for (const [name, { skip, profile, said }] of Object.entries(tools)) {
  test(`${name} has it as the password in its URL`, { skip }, async (t) => {
    const program = await ServedProgram.start(t, busyProgram, { env });
    await sampled(program);
    const environment = goEnvironment(program.folder.path);
    const runWith = (password: string) => {
      const url = program.url.replace('//', `//any:${encodeURIComponent(password)}@`);
      const [file = '', ...args] = profile(url);
      return spawnSync(file, args, { env: environment, encoding: 'utf8' });
    };
    const { status, stdout, stderr } = runWith(token);
    assert.equal(status, 0, stderr);
    assert.match(stdout, said);
    const refused = runWith('another');
    assert.notEqual(refused.status, 0);
    assert.match(refused.stderr, /401/);
  });
}

async function sampled(program: ServedProgram): Promise<void> {
  const headers = { Authorization: `Bearer ${token}` };
  while (!/^#\tbusy\t/m.test((await program.ask('goroutine?debug=1', { headers })).body.toString()));
}

test('a browser asks its user for it, and goes on with it from page to page', {
  skip: skipWithoutChromium,
}, async (t) => {
  const program = await ServedProgram.start(t, busyProgram, { env });
  const browser = await chromium.launch({ executablePath, args: [...flags] });
  t.after(() => browser.close());
  const visit = async (password: string) => {
    const page = await browser.newPage({ httpCredentials: { username: 'any', password } });
    page.setDefaultTimeout(stepMs);
    await page.goto(`${program.url}/debug/pprof/`);
    return page;
  };
  const page = await visit(token);
  assert.equal(await page.textContent('h1'), '/debug/pprof/');
  await page.click('a[href^="goroutine"]');
  await page.waitForURL(/goroutine/);
  assert.match((await page.textContent('body')) ?? '', /goroutine/);
  assert.match((await (await visit('another')).textContent('body')) ?? '', /the token is missing/);
});

/** What is wrong with the server's settings, and how it is said. */
const mistakes: Readonly<Record<string, { env: NodeJS.ProcessEnv; said: RegExp }>> = {
  'a token that is empty, as ${TOKEN} is that is not set': {
    env: { PROFBUF_HTTP: '0', PROFBUF_HTTP_TOKEN: '' },
    said: /^\/debug\/pprof\/ is not served: PROFBUF_HTTP_TOKEN: the token is empty; a token is 1 to /,
  },
  'a token with the newline of its file': {
    env: { PROFBUF_HTTP: '0', PROFBUF_HTTP_TOKEN: 's3cret\n' },
    said: /^\/debug\/pprof\/ is not served: PROFBUF_HTTP_TOKEN: the token ends in white space, /,
  },
  'a token of blanks': {
    env: { PROFBUF_HTTP: '0', PROFBUF_HTTP_TOKEN: ' ' },
    said: /^\/debug\/pprof\/ is not served: PROFBUF_HTTP_TOKEN: the token ends in white space, /,
  },
  'a token that no header can carry': {
    env: { PROFBUF_HTTP: '0', PROFBUF_HTTP_TOKEN: 's3 cret' },
    said: /^\/debug\/pprof\/ is not served: PROFBUF_HTTP_TOKEN: the token has other characters; /,
  },
  'an address that is none': {
    env: { PROFBUF_HTTP: 'local host:6060', PROFBUF_HTTP_TOKEN: 's3cret' },
    said: /^\/debug\/pprof\/ is not served: PROFBUF_HTTP: local host:6060 is no address: /,
  },
  'a port that is none': {
    env: { PROFBUF_HTTP: '65536' },
    said: /^\/debug\/pprof\/ is not served: PROFBUF_HTTP: 65536 is no address: /,
  },
  'an address that no machine here has': {
    env: { PROFBUF_HTTP: '192.0.2.1:0' },
    said: /^cannot serve \/debug\/pprof\/ on 192\.0\.2\.1:0: the host is no address of this machine$/,
  },
  'a stall that is too short, which costs only the reports of stalls': {
    env: { PROFBUF_STALL: '5' },
    said: /^stalls are not reported: PROFBUF_STALL=5: milliseconds are a number from 50 to 60000$/,
  },
};

const program = `${busyUntil(5)} console.log('ended'); process.exitCode = 3;`;

for (const [mistake, { env, said }] of Object.entries(mistakes)) {
  for (const [way, words] of [
    ['the preload', ['--require', `${root}dist/register.cjs`]],
    ['record --quiet', [main, 'record', '--quiet']],
  ] as const) {
    test(`${mistake}: the server is missing, the profile is not (${way})`, async (t) => {
      const folder = new Folder(t);
      folder.write('app.mjs', program);
      const bare = await run(process.execPath, ['app.mjs'], { cwd: folder.path });
      const environment = { ...env, PROFBUF_OUTPUT: 'profile.pb.gz', PROFBUF_QUIET: '1' };
      const options = { cwd: folder.path, env: environment };
      const { stderr, ...rest } = await run(process.execPath, [...words, 'app.mjs'], options);
      assert.deepEqual({ ...rest, stderr: '' }, bare);
      assert.match(stderr, /^profbuf: [^\n]+\n$/);
      const line = stderr.slice('profbuf: '.length, -1);
      assert.match(line, said);
      assert.doesNotMatch(line, /s3/);
      const { samples, comments } = folder.profile().model;
      assert.ok(samples.length > 0);
      // The machine's doing is no mistake of the settings.
      if (!line.startsWith('cannot serve')) assert.ok(comments.includes(line), comments.join('\n'));
    });
  }
}

test('the report of record says so too, and the status is the program’s', async (t) => {
  const folder = new Folder(t);
  folder.write('app.mjs', program);
  const options = { cwd: folder.path, env: { PROFBUF_HTTP_TOKEN: '' } };
  const { code, stdout, stderr } = await profbuf(['record', '--http', '0', 'app.mjs'], options);
  assert.deepEqual([code, stdout], [3, 'ended\n']);
  assert.doesNotMatch(stderr, /serving/);
  const line = '/debug/pprof/ is not served: PROFBUF_HTTP_TOKEN: the token is empty; [^\n]+';
  assert.match(stderr, new RegExp(`^profbuf: ${line}\n(.+\n)+profbuf: profile\\.pb\\.gz: ${line}$`, 'm'));
});
