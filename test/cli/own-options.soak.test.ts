import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runtimes } from '../runtimes.js';
import { Folder, main, Run } from './command.js';

const preload = main.replace('cli/main.js', 'register.cjs');

// One of several runs fails, while a thread of ours begins: Node ends of the signal without a word, or aborts. Not understood yet.
for (const runtime of runtimes.filter(({ major }) => major >= 24)) {
  test(`${runtime.name}: trace-sigint in the config file says where the program was`, {
    skip: process.platform === 'win32',
  }, async (t) => {
    const folder = new Folder(t);
    folder.write('app.js', "console.log('begun'); for (;;);");
    folder.write('node.config.json', JSON.stringify({ nodeOptions: { 'trace-sigint': true } }));
    const words = ['--no-warnings', '--experimental-default-config-file', 'app.js'];
    const interrupted = async (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
      const program = new Run(runtime.path, args, { cwd: folder.path, env });
      await program.printed('begun');
      program.process.kill('SIGINT');
      const { code, signal, stderr } = await program.end();
      // Some command of ours may lie on top of the program when it is interrupted, and a tick of ours is interrupted too.
      return {
        code,
        signal,
        says: /^KEYBOARD_INTERRUPT: [^\n]*\n( +at [^\n]*\n)* +at \S*app\.js:1:\d+\n/.test(stderr),
      };
    };
    const bare = await interrupted(words);
    assert.equal(bare.says, true);
    const env = { PROFBUF_QUIET: '1', PROFBUF_OUTPUT: 'profile.pb.gz' };
    assert.deepEqual(await interrupted(['--require', preload, ...words], env), bare);
    assert.deepEqual(await interrupted([main, 'record', '-q', '--', ...words]), bare);
  });
}
