import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { ReportColumns } from '#profbuf/report/columns.js';
import { decodeColumns } from '#profbuf/report/encoding.js';
import { exampleProfile } from '../profile/example-profile.js';
import { busyFor, Folder, main, profbuf, Run } from './command.js';

/** The profile in a report. */
function inside(html: string): ReportColumns {
  const [, data = ''] = /<script id="data"[^>]*>([^<]*)</.exec(html) ?? [];
  return decodeColumns(gunzipSync(Buffer.from(data, 'base64')));
}

/** A folder with a command of the name that systems open addresses by, which keeps what it is asked to open. */
function fakeOpener(
  t: TestContext,
  status: number,
): { readonly env: NodeJS.ProcessEnv; readonly opened: () => string } {
  const folder = new Folder(t, 'profbuf-opener-');
  const kept = join(folder.path, 'opened');
  chmodSync(folder.write('xdg-open', `#!/bin/sh\nprintf %s "$1" > '${kept}'\nexit ${status}\n`), 0o755);
  return {
    env: { PATH: `${folder.path}:${process.env.PATH}` },
    opened: () => (existsSync(kept) ? readFileSync(kept, 'utf8') : ''),
  };
}

const onLinux = { skip: process.platform === 'linux' ? false : 'the fake opener is that of Linux' };

test('record --report makes a page of all processes, by the label file', async (t) => {
  const folder = new Folder(t);
  folder.write('app.js', `require('node:child_process').spawnSync(process.execPath, ['child.js']);${busyFor(60)}`);
  folder.write('child.js', busyFor(60));
  const { code, stderr } = await profbuf(['record', '--report', 'app.js'], { cwd: folder.path });
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^profbuf: profile\.html: the report$/m);
  const columns = inside(folder.read('profile.html').toString());
  assert.equal(columns.title, 'app.js');
  const files = columns.labelSets.flat().flatMap(([key, value]) => (key === 'file' ? [value] : []));
  assert.deepEqual(
    [...new Set(files)].sort(),
    folder.profiles().filter((name) => name.endsWith('.pb.gz')),
  );
  assert.ok(columns.functions.name.some((name) => columns.strings[name] === 'busy'));
});

test('record --report=FILE leaves what follows to the program, and --quiet says nothing of it', async (t) => {
  const folder = new Folder(t);
  folder.write('app.js', `${busyFor(30)} console.log(process.argv.slice(2).join());`);
  const words = ['record', '-q', '--report=look.html', '--format', 'collapsed', 'app.js', '--report', 'x'];
  assert.deepEqual(await profbuf(words, { cwd: folder.path }), {
    code: 0,
    signal: null,
    stdout: '--report,x\n',
    stderr: '',
  });
  assert.deepEqual(folder.profiles(), ['profile.collapsed.txt']);
  assert.ok(inside(folder.read('look.html').toString()).samples.node.length > 0);
});

test('record --open opens the page in the browser', onLinux, async (t) => {
  const folder = new Folder(t);
  folder.write('app.js', busyFor(30));
  const { env, opened } = fakeOpener(t, 0);
  const { code } = await profbuf(['record', '--open', 'app.js'], { cwd: folder.path, env });
  assert.equal(code, 0);
  assert.equal(opened(), pathToFileURL(join(folder.path, 'profile.html')).href);
});

function ask(
  url: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    get(url, { headers, method, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    }).on('error', reject);
  });
}

test('view serves the page on loopback to who knows its address, and opens it', onLinux, async (t) => {
  const folder = new Folder(t);
  folder.write('cpu.pb.gz', await exampleProfile().encode());
  const { env, opened } = fakeOpener(t, 3);
  const run = new Run(process.execPath, [main, 'view', 'cpu.pb.gz'], { cwd: folder.path, env });
  t.after(() => run.process.kill('SIGKILL'));
  const [, url = ''] = await run.said(/^profbuf: (http:\/\/127\.0\.0\.1:\d+\/[\w-]{24}\/), until Ctrl-C$/m);
  const { status, body } = await ask(url);
  assert.equal(status, 200);
  assert.equal(inside(body).title, 'cpu.pb.gz');
  const { origin, port } = new URL(url);
  assert.equal((await ask(origin)).status, 404);
  assert.equal((await ask(`${url}x`)).status, 404);
  assert.equal((await ask(url, { Host: `evil.example:${port}` })).status, 404);
  assert.equal((await ask(url, {}, 'POST')).status, 405);
  // The opener of this test has found no browser.
  await run.said(`profbuf: no browser could be opened; look at ${url}\n`);
  assert.equal(opened(), url);
  run.process.kill('SIGINT');
  assert.equal((await run.end()).signal, 'SIGINT');
});

test('report writes to stdout for -, and reads stdin', { skip: process.platform === 'win32' }, async (t) => {
  const folder = new Folder(t);
  folder.write('cpu.pb.gz', await exampleProfile().encode());
  const line = `'${process.execPath}' '${main}' report -o - - < cpu.pb.gz`;
  const run = new Run('sh', ['-c', line], { cwd: folder.path });
  const { code, stdout, stderr } = await run.end();
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal(inside(stdout).title, 'stdin');
});
