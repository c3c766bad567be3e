import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Folder, Run, root } from '../../cli/command.js';
import { Receiver } from './receiver.js';

/** At an interval of a second: as long as an hour's worth of intervals takes. */
const seconds = 240;

it('a program whose pushes fail for an hour’s worth of intervals takes no more memory for it', async (t) => {
  const receiver = await Receiver.start(t, (_, response) => response.writeHead(503).end());
  const folder = new Folder(t);
  const script = folder.write(
    'app.mjs',
    `import { startProfiler } from ${JSON.stringify(`${root}dist/index.js`)};
    const push = { url: ${JSON.stringify(receiver.url)}, interval: 1, queueBytes: 2 ** 16, flushMs: 0 };
    const profiler = await startProfiler({ push });
    const begin = performance.now();
    const rss = [];
    while (performance.now() - begin < ${seconds * 1000}) {
      for (const end = performance.now() + 25; performance.now() < end; );
      await new Promise((resolve) => setTimeout(resolve, 100));
      rss.push(process.memoryUsage().rss);
    }
    const { queuedProfiles, droppedProfiles } = profiler.stats();
    const quarter = (n) => Math.max(...rss.slice(rss.length * n / 4, rss.length * (n + 1) / 4));
    console.log(JSON.stringify({ queuedProfiles, droppedProfiles, grown: quarter(3) - quarter(1) }));
    await profiler.stop();`,
  );
  const { code, stdout, stderr } = await new Run(process.execPath, [script], { cwd: folder.path }).end();
  assert.equal(code, 0, stderr);
  const { queuedProfiles, droppedProfiles, grown } = JSON.parse(stdout) as Record<string, number>;
  assert.ok((queuedProfiles ?? 0) > 5 && (droppedProfiles ?? 0) > 100, stdout);
  assert.ok((grown ?? 0) < 8 * 2 ** 20, stdout);
  // Why they wait, and why they are dropped: while it runs, and at its end.
  const lines = stderr.trim().split('\n');
  assert.ok(lines.length <= 4 && new Set(lines).size === lines.length, stderr);
});
