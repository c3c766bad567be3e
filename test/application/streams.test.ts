import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Folder, Run, root } from '../cli/command.js';
import { runtimes } from '../runtimes.js';

/*
 * What a program leaves of its standard streams to those who use them next, when it dies of a signal: SIGINT and SIGTERM have Node give
 * back what it has changed, others do not.
 */

const preload = join(root, 'dist/register.cjs');
const hasScript = spawnSync('script', ['--version']).stdout?.includes('util-linux') ?? false;

/** Which signal, and who sends it. */
const endings: Readonly<Record<string, string>> = {
  'SIGTERM from outside':
    "require('node:child_process').spawn('kill', ['-TERM', String(process.pid)], { stdio: 'ignore' });",
  'SIGINT from outside':
    "require('node:child_process').spawn('kill', ['-INT', String(process.pid)], { stdio: 'ignore' });",
  'SIGHUP from outside':
    "require('node:child_process').spawn('kill', ['-HUP', String(process.pid)], { stdio: 'ignore' });",
  'SIGTERM from itself': "process.kill(process.pid, 'SIGTERM');",
};

/** Once the collector watches: Node alone would die as it does bare. */
const sampled = `const client = globalThis[Symbol.for('profbuf')]?.client;
  const whenSampled = (then) => (client === undefined || client.stats().elapsedMs > 0 ? setTimeout(then, 50) : setTimeout(whenSampled, 20, then));`;

const streams = {
  'a pipe': {
    skip: process.platform !== 'linux' && 'the state of an open file is read from /proc',
    begins: "process.stdin.on('data', () => {});",
    state: 'grep flags /proc/self/fdinfo/0',
    inTerminal: false,
  },
  'a terminal': {
    skip: !hasScript && !process.env.CI && 'script of util-linux is not installed',
    begins: 'process.stdin.setRawMode(true).resume();',
    state: 'stty -a | grep -oE -- "-?(icanon|echo|isig)\\b"',
    inTerminal: true,
  },
};

for (const runtime of runtimes) {
  for (const [what, { skip, begins, state, inTerminal }] of Object.entries(streams)) {
    describe(`${runtime.name}: ${what} is left as without a profiler`, { skip, concurrency: 2 }, () => {
      for (const [ending, code] of Object.entries(endings)) {
        test(ending, async (t) => {
          const folder = new Folder(t);
          folder.write('app.js', `${sampled} ${begins} setInterval(() => {}, 1000); whenSampled(() => { ${code} });`);
          const left = async (flags: string) => {
            const line = `'${runtime.path}' ${flags} app.js; echo "status $?"; ${state}`;
            const env = { PROFBUF_QUIET: '1', SHELL: '/bin/sh' };
            const run = inTerminal
              ? new Run('script', ['--quiet', '--return', '--command', line, '/dev/null'], { cwd: folder.path, env })
              : new Run('sh', ['-c', line], { cwd: folder.path, env });
            const { stdout } = await run.end();
            return stdout.replace(/^.*(Terminated|Interrupt|Hangup|Killed).*\n?/gm, '').replaceAll('\r', '');
          };
          const bare = await left('');
          assert.match(bare, /status 1(29|30|43)/);
          assert.equal(await left(`--require '${preload}'`), bare);
          assert.equal(folder.profiles().length, 1);
        });
      }
    });
  }
}
