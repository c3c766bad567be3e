import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Target } from '#profbuf/collector/inspector/target.js';
import { RefusedCommandError, ThreadControl } from '#profbuf/collector/inspector/thread-control.js';
import { Folder, root, run } from '../../cli/command.js';
import { runtimes } from '../../runtimes.js';
import { runProfiled } from '../profiled-program.js';

const target = JSON.stringify(`${root}dist/collector/inspector/target.js`);

const words = JSON.stringify(`${root}dist/protocol/control-words.js`);
const doors = JSON.stringify(`${root}dist/protocol/thread-doors.js`);

/** A thread that has commands as the collector has them, each of 400 ms, with the main thread and with the worker thread of a program. */
const commands = `
  import { parentPort } from 'node:worker_threads';
  import { MainTarget, WorkerTarget } from ${target};
  import { controlBytes } from ${words};
  import { ThreadDoors } from ${doors};
  const main = new MainTarget();
  main.connect();
  let worker;
  main.onEvent((method, { sessionId, message }) => {
    if (method === 'NodeWorker.attachedToWorker' && worker === undefined) {
      worker = new WorkerTarget(main, sessionId, 2, new ThreadDoors(new SharedArrayBuffer(controlBytes)));
    }
    if (method === 'NodeWorker.receivedMessageFromWorker') worker.receive(message);
  });
  parentPort.on('message', async (name) => {
    if (name === 'worker') await main.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
    const expression = 'globalThis.inCommand?.(); { const until = Date.now() + 400; while (Date.now() < until); }';
    const answer = (name === 'worker' ? worker : main).post('Runtime.evaluate', { expression });
    parentPort.postMessage(await answer.then(() => 'done', ({ message }) => message));
  });
  parentPort.postMessage('ready');
`;

/** Begins it, in the program. */
const begin = `
  import { once } from 'node:events';
  import vm from 'node:vm';
  import { Worker } from 'node:worker_threads';
  const commands = new Worker('./commands.mjs');
  await once(commands, 'message');
`;

test('a command that a termination has met, from the first one on, is one to be sent again', async () => {
  const error = new Error('Runtime.evaluate: Inspector error -32000: Execution was terminated');
  const answered: Target = {
    post: async (method) => {
      if (method === 'Runtime.evaluate') return { result: { objectId: '1' } };
      throw error;
    },
    onEvent() {},
  };
  await assert.rejects(ThreadControl.attach({ ...answered, post: () => Promise.reject(error) }), RefusedCommandError);
  const control = await ThreadControl.attach(answered);
  await assert.rejects(control.thread(), RefusedCommandError);
});

for (const runtime of runtimes) {
  test(`${runtime.name}: a worker thread that is terminated amid a command of the collector ends`, async (t) => {
    const folder = new Folder(t);
    folder.write('commands.mjs', commands);
    folder.write(
      'app.mjs',
      `${begin}
      const flag = new Int32Array(new SharedArrayBuffer(4));
      const busy = new Worker(
        'const { workerData } = require("node:worker_threads"); globalThis.inCommand = () => { workerData[0] = 1; }; for (;;);',
        { eval: true, workerData: flag },
      );
      await once(busy, 'online');
      await new Promise((resolve) => setTimeout(resolve, 100));
      commands.postMessage('worker');
      while (flag[0] === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      const answer = once(commands, 'message');
      const ended = await Promise.race([busy.terminate(), new Promise((resolve) => setTimeout(resolve, 5000, 'runs on'))]);
      console.log(ended, ...(await answer));
      process.kill(process.pid, 'SIGKILL');`,
    );
    const { stdout } = await run(runtime.path, ['app.mjs'], { cwd: folder.path });
    assert.equal(stdout, '1 Execution was terminated\n');
  });

  test(`${runtime.name}: code whose time is up amid a command of the collector ends`, async (t) => {
    const folder = new Folder(t);
    folder.write('commands.mjs', commands);
    folder.write(
      'app.mjs',
      `${begin}
      let wasInCommand = false;
      globalThis.inCommand = () => { wasInCommand = true; };
      commands.postMessage('main');
      const hang = setTimeout(() => {}, 60_000);
      const endless = () => {
        try {
          vm.runInNewContext('for (;;);', {}, { timeout: 300 });
        } catch ({ code }) {
          return code;
        }
      };
      // The command comes while the code runs, and lasts until after its time.
      console.log(endless(), wasInCommand);
      clearTimeout(hang);
      // Nothing of it is left.
      await new Promise((resolve) => setTimeout(resolve, 50));
      let sum = 0;
      for (let i = 0; i < 1e7; i++) sum += i;
      console.log(sum);
      process.kill(process.pid, 'SIGKILL');`,
    );
    const { stdout } = await run(runtime.path, ['app.mjs'], { cwd: folder.path });
    assert.equal(stdout, 'ERR_SCRIPT_EXECUTION_TIMEOUT true\n49999995000000\n');
  });

  test(`${runtime.name}: a program whose code is out of time again and again, from the first line on, is profiled, and ends`, async (t) => {
    const folder = new Folder(t);
    folder.write(
      'app.js',
      `const script = new (require('node:vm').Script)('for (let i = 0; i < 1e9; i++);');
      const end = Date.now() + 1000;
      while (Date.now() < end) try { script.runInThisContext({ timeout: 1 }); } catch {}`,
    );
    // A time-out meets one of the first commands in one run of three; in as many, the hand-over of a window, by a channel that
    // would then keep the program alive for ever.
    const env = (n: number) => ({ PROFBUF_OUTPUT: `profile-${n}.pb.gz`, PROFBUF_RATE: '1000' });
    const all = await Promise.all([1, 2, 3, 4].map((n) => runProfiled(runtime, folder, ['app.js'], { env: env(n) })));
    for (const { code, stderr } of all) {
      assert.match(stderr, /^profbuf: wrote [^\n]*\n$/);
      assert.equal(code, 0);
    }
  });
}
