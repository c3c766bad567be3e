import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Folder } from '../../../cli/command.js';
import { type Runtime, runtimes } from '../../../runtimes.js';
import { type Profile, runProfiled, totalsOf } from '../../profiled-program.js';

const env = { PROFBUF_RATE: '1000' };
/** So many samples are to be taken: a share of 2/3 of them is off by 0.008 on average. */
const samples = 3500;
/** Of the shares. */
const error = 0.03;

/**
 * Both loops do the same, one twice as often, so two thirds of the time are `render`'s; what calls them has next to nothing.
 * V8 inlines all three into the loop.
 */
const first = `(i) {
  let x = 0;
  for (let k = 0; k < 60; k++) x += Math.sqrt(i + k);
  return x;
}`;
const second = `(i) {
  let x = 0;
  for (let k = 0; k < 120; k++) x += Math.sqrt(i + k);
  return x;
}`;
const loop = `
function turn() {
  let x = 0;
  for (let i = 0; i < 20000; i++) {
    x += handler(i);
  }
  return x;
}
`;
const work = '\nlet sink = 0; while (!isEnough()) sink += turn();\n';
/** Until so many samples were taken: on a busy machine the time does not tell. */
const untilSampled = `
const { client } = globalThis[Symbol.for('profbuf')];
const isEnough = () => client.isOver || client.stats().samples >= ${samples};
`;
const oneFile = `function validate${first}
function render${second}
function handler(i) { return validate(i) + render(i); }
${loop}${untilSampled}${work}`;

/** Shares of all self time, by function. */
function selfShares(profile: Profile): Record<string, number> {
  const { samples, locations, functions } = profile.model;
  const { samples: total } = totalsOf(profile);
  const shares: Record<string, number> = {};
  for (const { stack, values } of samples) {
    const name = functions[locations[stack[0] ?? -1]?.lines[0]?.function ?? -1]?.name ?? '';
    shares[name] = (shares[name] ?? 0) + Number(values[0]) / total;
  }
  return shares;
}

function assertThirds(profile: Profile, render: string, validate: string): void {
  const shares = selfShares(profile);
  const [two = 0, one = 0] = [shares[render], shares[validate]];
  // The rest is what Node does before the program, the compiler's and the garbage collector's.
  assert.ok(two + one > 0.85, JSON.stringify(shares));
  assert.ok(Math.abs(two / (two + one) - 2 / 3) < error, JSON.stringify(shares));
}

/** Every line of the program's functions that the profile names, as `function:line`. */
function linesOf(profile: Profile, folder: Folder): Set<string> {
  const { locations, functions } = profile.model;
  const lines = new Set<string>();
  for (const { function: index, line } of locations.flatMap((location) => location.lines)) {
    const { name = '', filename = '' } = functions[index] ?? {};
    if (filename.startsWith(folder.path)) lines.add(`${name}:${line}`);
  }
  return lines;
}

/** Of the samples, those that the profile says are of functions that nobody can name. */
function unknownShare(profile: Profile): number {
  const comments = profile.model.comments.join('\n');
  const [, unknown = 0] = /(\d+) samples were taken in functions that V8 had inlined/.exec(comments) ?? [];
  return Number(unknown) / totalsOf(profile).samples;
}

function isNamedByV8({ major }: Runtime): boolean {
  return major > 24;
}

for (const runtime of runtimes) {
  describe(`${runtime.name}: a function that V8 has inlined at the top of the stack`, { concurrency: 1 }, () => {
    const profileOf = async (folder: Folder, program: string) => {
      const { code, stderr } = await runProfiled(runtime, folder, [program], { env });
      assert.equal(code, 0, stderr);
      return folder.profile();
    };

    test(`has its time, within ${error}, and its line; so do those that it was inlined through`, async (t) => {
      const folder = new Folder(t);
      folder.write('app.cjs', oneFile);
      const profile = await profileOf(folder, 'app.cjs');
      assertThirds(profile, 'render', 'validate');
      const own = { validate: [1, 5], render: [6, 10], handler: [11, 11], turn: [13, 19] } as const;
      for (const place of linesOf(profile, folder)) {
        const [name = '', line] = place.split(':');
        const [from, to] = own[name as keyof typeof own] ?? [1, Number.POSITIVE_INFINITY];
        assert.ok(Number(line) >= from && Number(line) <= to, place);
      }
      const { handler, turn } = Object.fromEntries(profile.top().map((row) => [row.functionName, row]));
      assert.ok((handler?.cumPercent ?? 0) > 90 && (turn?.cumPercent ?? 0) > 90, profile.topTable());
      assert.match(profile.toCollapsed(), /;turn \(\S+:13\);handler \(\S+:11\);render \(\S+:6\) \d+\n/);
      assert.ok(unknownShare(profile) < 0.01, profile.model.comments.join('\n'));
    });

    test('has it in a worker thread, and in files that only their importer names', async (t) => {
      const folder = new Folder(t);
      folder.write(
        'lib/small.cjs',
        `${'\n'.repeat(100)}exports.validate = function ${first};\nexports.render = function ${second};\n`,
      );
      folder.write(
        'thread.mjs',
        `import { workerData } from 'node:worker_threads';
        import { render, validate } from './lib/small.cjs';
        const isEnough = () => Atomics.load(workerData, 0) !== 0;
        function handler(i) { return validate(i) + render(i); }
        ${loop}${work}`,
      );
      folder.write(
        'app.mjs',
        `import { Worker } from 'node:worker_threads';
        const workerData = new Int32Array(new SharedArrayBuffer(4));
        new Worker(new URL('thread.mjs', import.meta.url), { workerData });
        ${untilSampled}
        const timer = setInterval(() => {
          if (!isEnough()) return;
          Atomics.store(workerData, 0, 1);
          clearInterval(timer);
        }, 20);`,
      );
      assertThirds(await profileOf(folder, 'app.mjs'), 'exports.render', 'exports.validate');
    });

    test('is a line of the location of the function around it, and only where V8 does not name it itself', async (t) => {
      const folder = new Folder(t);
      folder.write('app.cjs', oneFile);
      const { locations, functions } = (await profileOf(folder, 'app.cjs')).model;
      const inlined = locations.filter(({ lines }) => lines.length > 1);
      if (isNamedByV8(runtime)) assert.deepEqual(inlined, []);
      else {
        const names = inlined.map(({ lines }) => lines.map((line) => functions[line.function]?.name).join(' < '));
        assert.ok(names.includes('render < handler < turn'), names.join('\n'));
      }
    });

    test('is unknown where the file is not what has run: the function around has the time, without a line', async (t) => {
      const folder = new Folder(t);
      const program = `require('node:fs').writeFileSync(__filename, '// changed\\n');${oneFile}`;
      folder.write('app.cjs', program);
      const profile = await profileOf(folder, 'app.cjs');
      if (isNamedByV8(runtime)) {
        assertThirds(profile, 'render', 'validate');
        assert.equal(unknownShare(profile), 0);
        return;
      }
      const { turn = 0 } = selfShares(profile);
      assert.ok(turn > 0.85, JSON.stringify(selfShares(profile)));
      const lines = [...linesOf(profile, folder)];
      assert.ok(!lines.some((place) => /^turn:([1-9]|1[012])$/.test(place)), lines.join());
      assert.ok(unknownShare(profile) > 0.85, profile.model.comments.join('\n'));
    });
  });
}
