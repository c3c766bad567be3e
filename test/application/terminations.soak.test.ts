import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Folder, root, run } from '../cli/command.js';
import { runtimes } from '../runtimes.js';

const library = JSON.stringify(`${root}dist/index.js`);

// Each end that was not as bare came once in some hundred threads: a loop that ran on, an abort of the process.
for (const runtime of runtimes) {
  test(`${runtime.name}: threads that are terminated amid many commands end, one after the other, for a minute`, async (t) => {
    const folder = new Folder(t);
    folder.write(
      'app.mjs',
      `import { startProfiler } from ${library};
      import { Worker } from 'node:worker_threads';
      const profiler = await startProfiler({ sampleRate: 500 });
      const takes = setInterval(() => profiler.take(), 7);
      let threads = 0;
      for (const until = Date.now() + 60_000; Date.now() < until; threads++) {
        const worker = new Worker('for (;;);', { eval: true });
        await new Promise((resolve) => setTimeout(resolve, 15 + Math.random() * 60));
        const late = new Promise((resolve) => setTimeout(resolve, 20_000, 'runs on').unref());
        const end = await Promise.race([worker.terminate(), late]);
        // A thread that had not begun ends with 0, without a profiler too.
        if (end === 'runs on') process.exit(1);
      }
      clearInterval(takes);
      await profiler.stop();
      console.log(threads);`,
    );
    const { code, stdout, stderr } = await run(runtime.path, ['app.mjs'], { cwd: folder.path });
    assert.deepEqual([code, stderr], [0, '']);
    t.diagnostic(`${stdout.trim()} threads`);
    assert.ok(Number(stdout) > 50);
  });
}
