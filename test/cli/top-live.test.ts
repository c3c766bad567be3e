import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import {
  attachedRuntimes,
  endlessLoop,
  endsAsBefore,
  possessions,
  skip,
  soakTest,
  start,
  stateOf,
  tellsState,
} from './attached-program.js';
import { Folder, main, profbuf, Run } from './command.js';

const hasScript = spawnSync('script', ['--version']).stdout?.includes('util-linux') ?? false;
const skipTerminal = skip || (!hasScript && !process.env.CI && 'script of util-linux is not installed');

/** Works two thirds of the time until it is told by `idle` not to. */
const server = `
  let isBusy = true;
  function work() { if (isBusy) for (const end = performance.now() + 8; performance.now() < end; ); }
  function rest() { isBusy = false; }
  setInterval(work, 4);
  process.on('SIGUSR2', rest);
  ${tellsState}
  console.log('ready');
`;

const heading = /^process \d+ \(app\.js\): not idle [\d.]+% of the last \S+ m?s, [\d.]+% of \S+ m?s altogether\n/m;

for (const runtime of attachedRuntimes) {
  test(`top --pid with --seconds is one table, of ${runtime.name}, and leaves it as it was`, { skip }, async (t) => {
    const folder = new Folder(t);
    const program = await start(t, folder, server, runtime);
    await stateOf(program);
    const [before, files] = [await stateOf(program), possessions(program.process.pid)];
    const words = ['top', '--pid', `${program.process.pid}`, '--seconds', '1.4'];
    const { code, stdout, stderr } = await profbuf(words, { cwd: folder.path });
    assert.equal(code, 0, stderr);
    assert.match(stdout, heading);
    assert.equal(stdout.match(/not idle/g)?.length, 1);
    const [, flat, cum] = /^ +\S+ +\S+ +([\d.]+)% +([\d.]+)% {2}work {2}app\.js:3$/m.exec(stdout) ?? [];
    assert.ok(Number(cum) > 20 && Number(flat) > 1, stdout);
    assert.equal(await stateOf(program), before);
    assert.deepEqual(possessions(program.process.pid), files);
    await endsAsBefore(program);
  });
}

soakTest(
  'without a terminal there is a table a second, the last seconds beside all, until Ctrl-C',
  { skip },
  async (t) => {
    const folder = new Folder(t);
    const program = await start(t, folder, server, { path: process.execPath });
    const words = ['top', '--pid', `${program.process.pid}`, '-n', '3'];
    const command = new Run(process.execPath, [main, ...words], { cwd: folder.path });
    await command.printed(/not idle(?:[\s\S]*not idle){2}/);
    program.process.kill('SIGUSR2');
    // What was in the last five seconds passes, what was altogether stays.
    await command.printed(/: not idle 0\.\d% of the last \S+ m?s, [1-9]/);
    command.process.kill('SIGINT');
    const { code, stdout, stderr } = await command.end();
    assert.equal(code, 0, stderr);
    for (const table of stdout.trimEnd().split('\n\nprocess')) assert.ok(table.split('\n').length <= 8, table);
    await endsAsBefore(program);
  },
);

test('a reader that has seen enough ends it, and so does the end of the process', { skip }, async (t) => {
  const folder = new Folder(t);
  const program = await start(t, folder, endlessLoop, { path: process.execPath });
  const line = `'${process.execPath}' '${main}' top --pid ${program.process.pid} | head -n 1`;
  const piped = new Run('sh', ['-c', line], { cwd: folder.path });
  const { code, stdout } = await piped.end();
  assert.equal(code, 0);
  assert.match(stdout, heading);

  const words = ['top', '--pid', `${program.process.pid}`];
  const command = new Run(process.execPath, [main, ...words], { cwd: folder.path });
  await command.printed(heading);
  program.process.kill('SIGKILL');
  const ended = await command.end();
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stderr, /^profbuf: process \d+ has ended$/m);
  assert.match(ended.stdout, / spin {2}app\.js:2$/m);
});

for (const [name, keys] of [
  ['q', 'q'],
  ['Ctrl-C', '\x03'],
] as const) {
  const terminalTest = name === 'q' ? test : soakTest;
  terminalTest(
    `in a terminal it is painted in one place, and ${name} ends it and gives the screen back`,
    {
      skip: skipTerminal,
    },
    async (t) => {
      const folder = new Folder(t);
      const program = await start(t, folder, server, { path: process.execPath });
      const files = possessions(program.process.pid);
      const line = `stty rows 12 cols 60; exec '${process.execPath}' '${main}' top --pid ${program.process.pid}`;
      const command = new Run('script', ['--quiet', '--return', '--flush', '--command', line, '/dev/null'], {
        cwd: folder.path,
        env: { TERM: 'xterm', SHELL: '/bin/sh' },
      });
      await command.printed(/q ends[\s\S]*q ends/);
      command.process.stdin?.write(keys);
      const { code, stdout } = await command.end();
      assert.equal(code, 0, stdout);
      const [begin, painted = '', afterwards = ''] = stdout
        .replaceAll('\x1b', '␛')
        .split(/␛\[\?1049h␛\[\?25l|␛\[\?25h␛\[\?1049l/);
      assert.match(begin ?? '', /opens the inspector/);
      for (const screen of painted.split('␛[H').slice(1)) {
        const lines = screen.replaceAll(/␛\[[KJ]/g, '').split('\r\n');
        assert.ok(lines.length <= 12, screen);
        for (const text of lines) assert.ok(text.length < 60, text);
      }
      assert.match(afterwards, /^process \d+ \(app\.js\): not idle /);
      assert.match(afterwards, / work {2}app\.js:3\r?$/m);
      assert.deepEqual(possessions(program.process.pid), files);
      await endsAsBefore(program);
    },
  );
}

test('top --pid refuses what attach refuses, and options of files', { skip }, async (t) => {
  const folder = new Folder(t);
  const sleep = new Run('sleep', ['100'], { cwd: folder.path });
  t.after(() => sleep.process.kill());
  const refusal = async (...words: readonly string[]) => {
    const { code, stdout, stderr } = await profbuf(['top', ...words], { cwd: folder.path });
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    return stderr;
  };
  const pid = `${sleep.process.pid}`;
  assert.match(await refusal('--pid', pid), /^profbuf: process \d+ is not surely Node\.js: .*\n$/);
  assert.match(await refusal('--pid', 'x'), /^profbuf: x is no process id: .*\n$/);
  assert.match(await refusal('--pid', pid, 'cpu.pb.gz'), /^profbuf: one process at a time, .*\n$/);
  assert.match(await refusal('--pid', pid, '--sample-type', 'cpu'), /^profbuf: --sample-type is for files, .*\n$/);
  assert.match(await refusal('--seconds', '3', 'cpu.pb.gz'), /^profbuf: --seconds is for --pid; .*\n$/);
  assert.equal(sleep.process.signalCode, null);
});
