import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Folder, Run, root } from '../cli/command.js';
import { runtimes } from '../runtimes.js';

/*
 * Deaths by a signal, again and again, each as that of a bare run: its status, what is said, and that nothing of the program runs
 * afterwards.
 */

const preload = join(root, 'dist/register.cjs');
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const;
const runs = 50;
const atOnce = 2;

const programs = {
  'that the program sends itself': (signal: string) => `
    setTimeout(() => {
      process.kill(process.pid, '${signal}');
      require('node:fs').writeFileSync('afterwards', '');
    }, 20);`,
  'that its listener sends again': (signal: string) => `
    process.once('${signal}', () => {
      process.kill(process.pid, '${signal}');
      require('node:fs').writeFileSync('afterwards', '');
    });
    setTimeout(() => process.kill(process.pid, '${signal}'), 20);
    setInterval(() => {}, 1000);`,
  'from outside': () => `console.log('there'); for (;;) ;`,
};

async function ending(node: string, folder: Folder, signal: NodeJS.Signals, flags: readonly string[], n: number) {
  const env = { PROFBUF_OUTPUT: `profile-${n}.pb.gz`, PROFBUF_QUIET: '1' };
  const program = new Run(node, [...flags, 'app.js'], { cwd: folder.path, env });
  program.process.stdin?.end();
  if (folder.read('app.js').includes('there')) {
    await program.printed('there');
    program.process.kill(signal);
  }
  return { ...(await program.end()), isFollowed: existsSync(join(folder.path, 'afterwards')) };
}

for (const surroundings of ['alone', 'beside busy loops']) {
  describe(`${surroundings}, ${runs} deaths each are those of a bare run`, () => {
    const loops: ChildProcess[] = [];
    before(() => {
      if (surroundings === 'alone') return;
      for (let n = 0; n < availableParallelism(); n++) loops.push(spawn(process.execPath, ['-e', 'for (;;);']));
    });
    after(() => {
      for (const loop of loops) loop.kill('SIGKILL');
    });
    for (const runtime of runtimes) {
      for (const [how, program] of Object.entries(programs)) {
        test(`${runtime.name}: of each signal ${how}`, async (t) => {
          for (const signal of signals) {
            const folder = new Folder(t);
            folder.write('app.js', program(signal));
            const bare = await ending(runtime.path, folder, signal, [], 0);
            assert.equal(bare.signal, signal);
            for (let n = 0; n < runs; n += atOnce) {
              const all = Array.from({ length: atOnce }, (_, m) =>
                ending(runtime.path, folder, signal, ['--require', preload], n + m),
              );
              for (const profiled of await Promise.all(all)) assert.deepEqual(profiled, bare);
            }
            // One from outside may come before the collector watches.
            if (how !== 'from outside') assert.equal(folder.profiles().length, runs);
          }
        });
      }
    }
  });
}
