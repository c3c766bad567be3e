import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { root } from '../cli/command.js';
import { goEnvironment, skip } from '../go-tool.js';
import { exampleProfile } from './example-profile.js';

/*
 * `go tool pprof -http` where there is no Graphviz, as on most machines: the address that the documents name shows something, and the
 * graph does not, which they say.
 */

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Of all that the environment has, programs are found in this folder alone. */
function environmentOf(folder: string): NodeJS.ProcessEnv {
  const go = spawnSync('sh', ['-c', 'command -v go'], { encoding: 'utf8' }).stdout.trim();
  symlinkSync(realpathSync(go), join(folder, 'go'));
  return { ...goEnvironment(folder), PATH: folder };
}

const commands = ['README.md', 'docs/http.md', 'docs/labels.md'].flatMap((page) =>
  readFileSync(join(root, page), 'utf8')
    .split('\n')
    .filter((line) => line.includes('go tool pprof -http='))
    .map((line) => ({ page, line })),
);

test('the documents say which page to look at', () => {
  assert.ok(commands.length >= 3);
  for (const { page, line } of commands) assert.match(line, /\/ui\/flamegraph/, page);
});

describe('go tool pprof -http without Graphviz', { skip }, () => {
  let folder = '';
  let server: ChildProcess | undefined;
  let origin = '';
  const page = (path: string) => fetch(`${origin}${path}`);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'profbuf-go-pages-'));
    writeFileSync(join(folder, 'profile.pb.gz'), await exampleProfile().encode());
    const port = await freePort();
    const words = ['tool', 'pprof', '-symbolize=none', '-no_browser', `-http=127.0.0.1:${port}`, 'profile.pb.gz'];
    server = spawn('go', words, { cwd: folder, env: environmentOf(folder), stdio: 'ignore', detached: true });
    origin = `http://127.0.0.1:${port}`;
    // Go may have to build it first. The limit is for what never comes.
    for (const deadline = Date.now() + 300_000; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
      const isUp = await page('/ui/flamegraph').then(
        () => true,
        () => false,
      );
      if (isUp) break;
      if (Date.now() > deadline || server.exitCode !== null) throw new Error(`no page: status ${server.exitCode}`);
    }
  });
  after(() => {
    // What `go` starts is in its group.
    if (server?.pid !== undefined) process.kill(-server.pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  test('the flame graph has the functions', async () => {
    const answer = await page('/ui/flamegraph');
    assert.equal(answer.status, 200);
    assert.match(await answer.text(), /parse/);
  });

  test('and so have the table and the callers', async () => {
    for (const path of ['/ui/top', '/ui/peek?f=parse', '/ui/flamegraph?tf=route%3D%2Ffeed']) {
      const answer = await page(path);
      assert.equal(answer.status, 200, path);
      assert.match(await answer.text(), /parse/, path);
    }
  });

  test('the graph, which older versions open first, is an error that names Graphviz', async () => {
    const answer = await page('/ui/graph');
    // There it has no page of its own.
    const graph = answer.status === 404 ? await page('/ui/') : answer;
    assert.match(await graph.text(), /[Gg]raphviz/);
    assert.notEqual(graph.status, 200);
  });
});
