import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Accumulator } from '#profbuf/collector/profiles/accumulator.js';
import { rateComments } from '#profbuf/collector/profiles/rate-comments.js';
import { SamplingTotals } from '#profbuf/collector/sampling/sampling-totals.js';
import { ThreadWindow } from '#profbuf/collector/sampling/thread-window.js';
import { noOriginals } from '#profbuf/profile/source-maps/with-originals.js';
import { Folder } from '../../cli/command.js';
import { runtimes } from '../../runtimes.js';
import { runProfiled, totalsOf } from '../profiled-program.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Windows of 100 samples, each with a stack and a frame that were never seen before. */
class EverNew {
  readonly accumulator = new Accumulator({
    kind: 'cpu',
    sampleRate: 100,
    fromMicros: 0,
    before: new SamplingTotals(),
  });
  samples = 0;

  add(windows: number): void {
    for (let i = 0; i < windows; i++) {
      const stacks = Array.from({ length: 100 }, (_, stack) => {
        const line = this.samples + stack + 1;
        const frame = { functionName: `fresh${line}`, file: '/srv/app.js', startLine: line, line };
        return [frame, { functionName: 'main', file: '/srv/app.js', startLine: 1, line: 1 }];
      });
      const samples = stacks.map((_, stack) => ({
        timeMicros: ++this.samples,
        stack,
        isIdle: false,
        hasJavaScript: true,
      }));
      const evenly = samples.map(() => 1e7);
      this.accumulator.add(new ThreadWindow('', { stacks, samples }, [], evenly, evenly));
    }
  }

  heapBytes(): number {
    collectGarbage();
    return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  }
}

describe('a program that makes new code for ever', () => {
  test('does not fill the memory, and every sample stays in its profile', async () => {
    const program = new EverNew();
    program.add(700);
    const full = program.heapBytes();
    program.add(1400);
    assert.ok(program.heapBytes() - full < 2e6, `${program.heapBytes() - full} bytes more after twice as many windows`);
    const profile = await program.accumulator.build(noOriginals, () => []);
    assert.equal(totalsOf(profile).samples, program.samples);
    assert.ok(profile.model.samples.length <= 65_537);
    assert.ok(profile.model.locations.length <= 65_537);
    assert.ok(program.accumulator.otherFrames > 140_000);
  });

  test('has frames under (other) in the end, and its profile says so', async (t) => {
    const [runtime] = runtimes;
    assert.ok(runtime);
    const folder = new Folder(t);
    // Chains of 150 functions that nobody calls again; their last one works for a few samples.
    folder.write(
      'app.js',
      `const busy = () => { const end = performance.now() + 4; while (performance.now() < end); };
      for (let chain = 0; chain < 900; chain++) {
        const name = (depth) => 'chain' + chain + '_' + depth;
        let source = '';
        for (let depth = 0; depth < 150; depth++) {
          source += 'function ' + name(depth) + '() { ' + (depth === 149 ? 'busy()' : name(depth + 1) + '()') + '; return 1; }\\n';
        }
        new Function('busy', source + 'return ' + name(0) + '();')(busy);
      }`,
    );
    const { code, stderr } = await runProfiled(runtime, folder, ['app.js'], {
      env: { PROFBUF_RATE: '1000' },
    });
    assert.equal(code, 0, stderr);
    const { model } = folder.profile();
    assert.match(model.comments.join('\n'), /^\d+ times a frame is shown as \(other\): the table of frames was full$/m);
    assert.ok(model.functions.some(({ name }) => name === '(other)'));
    assert.ok(model.locations.length <= 65_537);
  });
});

describe('fewer samples than were asked for', () => {
  const of = (samples: number, seconds: number, lowestRate = Number.POSITIVE_INFINITY, unattributedNanos = 0) =>
    rateComments({ samples, cpuNanos: seconds * 1e9, lowestRate, unattributedNanos }, 1000);

  test('are said once there is a second of CPU time, and less than half of them came', () => {
    assert.deepEqual(of(0, 0.9), []);
    assert.deepEqual(of(1000, 2), []);
    assert.equal(of(998, 2).length, 1);
    assert.match(of(998, 2)[0] ?? '', /^V8 took 499 samples a second of CPU time, of 1000 that were asked for:/);
  });

  test('are said when the rate was lowered, and then only those that are fewer still', () => {
    assert.equal(of(500, 2, 250).length, 1);
    assert.match(of(500, 2, 250)[0] ?? '', /^the rate was lowered from 1000 to 250 samples a second of a thread:/);
    assert.equal(of(200, 2, 250).length, 2);
  });

  test('are said when CPU time met none', () => {
    assert.deepEqual(of(0, 0, undefined, 1e6), []);
    assert.deepEqual(of(0, 0, undefined, 1400e6), ['1400 ms of CPU time met no sample, and are in no stack']);
  });
});
