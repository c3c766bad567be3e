import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Folder, main, type Result, Run, root } from '../cli/command.js';
import { ask } from '../collector/http/served-program.js';
import { busyUntil, samplesIn, withoutOurs } from '../collector/profiled-program.js';
import { container, withoutContainers } from '../container.js';
import { runtimes } from '../runtimes.js';

/*
 * Linux keeps the first process of a container from dying of a signal that it does not listen to. Who lives on is profiled on.
 */

const preload = ['--require', join(root, 'dist/register.cjs')];
const [file, ...containing] = container;

/** From outside, to the container's first process. */
function killFirst({ process: { pid } }: Run, signal: NodeJS.Signals): void {
  const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ');
  assert.ok(first, 'a process in the container');
  process.kill(Number(first), signal);
}

/** Waits to be told what to do. */
const waiting = `
  console.log('pid', process.pid);
  process.stdin.on('data', () => { require('./after.js'); console.log('after'); });
  process.stdin.on('end', () => process.exit(4));`;

async function signalled(
  node: readonly string[],
  folder: Folder,
  between?: (run: Run) => Promise<void>,
): Promise<Result> {
  const program = new Run(file, [...containing, ...node, 'app.js'], { cwd: folder.path });
  await program.printed('pid 1');
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR2', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const) {
    killFirst(program, signal);
    await delay(50);
  }
  await between?.(program);
  program.process.stdin?.write('go on');
  await program.printed('after');
  program.process.stdin?.end();
  return program.end();
}

for (const runtime of runtimes.filter(({ major }) => major === 20 || major === 26)) {
  describe(`${runtime.name}: the first process of a container`, { skip: withoutContainers }, () => {
    test('lives on after signals that it does not listen to, and so do its profile and its endpoint', async (t) => {
      const folder = new Folder(t);
      folder.write('after.js', busyUntil(5));
      folder.write('app.js', `${busyUntil(5)} ${waiting}`);
      const bare = await signalled([runtime.path], folder);
      assert.equal(bare.code, 4);
      const profiled = ['env', 'PROFBUF_HTTP=0', runtime.path, ...preload];
      const { stderr, ...rest } = await signalled(profiled, folder, async (program) => {
        // The container has the network of the machine.
        const [, url] = await program.said(/serving (http:\S+)/);
        assert.equal((await ask(`${url}symbol`)).status, 200);
      });
      assert.deepEqual({ ...rest, stderr: withoutOurs(stderr) }, bare);
      const profile = folder.profile('profile.app.js.1.pb.gz');
      assert.ok(samplesIn(profile, 'after.js') >= 5, profile.topTable());
      assert.doesNotMatch(profile.model.comments.join('\n'), /signals/);
    });

    test('lives on after one that it sends itself, also again in its listener', async (t) => {
      const folder = new Folder(t);
      folder.write('after.js', busyUntil(5));
      folder.write(
        'app.js',
        `${busyUntil(5)}
        process.once('SIGTERM', () => { process.kill(process.pid, 'SIGTERM'); process.kill(process.pid, 'SIGUSR2'); });
        process.kill(process.pid, 'SIGTERM');
        process.kill(process.pid, 'SIGINT');
        setTimeout(() => { require('./after.js'); console.log('after'); }, 200);`,
      );
      const runIn = (node: readonly string[]) =>
        new Run(file, [...containing, ...node, 'app.js'], { cwd: folder.path }).end();
      const bare = await runIn([runtime.path]);
      assert.deepEqual([bare.code, bare.stdout], [0, 'after\n']);
      const { stderr, ...rest } = await runIn([runtime.path, ...preload]);
      assert.deepEqual({ ...rest, stderr: withoutOurs(stderr) }, bare);
      const profile = folder.profile('profile.app.js.1.pb.gz');
      assert.ok(samplesIn(profile, 'after.js') >= 5, profile.topTable());
    });
  });
}

test('a command that is the first process of a container ends with its program, with the status of shells', {
  skip: withoutContainers,
}, async (t) => {
  const folder = new Folder(t);
  folder.write('app.js', `${busyUntil(5)} console.log('there'); setInterval(() => {}, 1000);`);
  const program = new Run(file, [...containing, process.execPath, main, 'record', 'app.js'], { cwd: folder.path });
  await program.printed('there');
  killFirst(program, 'SIGTERM');
  const { code, stderr } = await program.end();
  assert.equal(code, 143, stderr);
  assert.deepEqual(folder.profiles(), ['profile.pb.gz']);
  assert.match(stderr, /nothing lost/);
});
