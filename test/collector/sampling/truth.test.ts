import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Profile } from 'profbuf';
import { Folder, root, run } from '../../cli/command.js';
import { runtimes } from '../../runtimes.js';
import { runProfiled, totalsOf } from '../profiled-program.js';

/**
 * Shares of the profile's CPU time, by the first function of a stack, from the leaf, that the test named; each share as
 * a fraction of 1.
 */
function sharesOf(profile: Profile, names: readonly string[]): Record<string, number> {
  const { functions, locations, samples } = profile.model;
  const nameOf = (location: number) => functions[locations[location]?.lines[0]?.function ?? -1]?.name ?? '';
  const { nanos } = totalsOf(profile);
  const shares = Object.fromEntries(names.map((name) => [name, 0]));
  for (const { stack, values } of samples) {
    const name = stack.map(nameOf).find((name) => names.includes(name));
    if (name !== undefined) shares[name] = (shares[name] ?? 0) + Number(values[1]) / nanos;
  }
  return shares;
}

function assertShares(profile: Profile, expected: Readonly<Record<string, number>>): void {
  const shares = sharesOf(profile, Object.keys(expected));
  for (const [name, share] of Object.entries(expected)) {
    assert.ok(Math.abs((shares[name] ?? 0) - share) < error, JSON.stringify(shares));
  }
}

// The functions call themselves, because V8 counts what it has inlined into a loop as the loop's.
const work = `
  function spin(n) { return n < 2 ? n : spin(n - 1) + spin(n - 2); }
  const cpu = () => process.cpuUsage().user + process.cpuUsage().system;
  function burn(until) { while (cpu() < until) spin(12); }
`;

/** 1000 samples a second over two seconds of CPU: a share p is off by sqrt(p (1 - p) / 2000) on average, 0.011 at most. */
const env = { PROFBUF_RATE: '1000' };
/** Five times that, and a start that is not sampled. */
const error = 0.06;

for (const runtime of runtimes) {
  describe(`${runtime.name}: the shares of CPU time that come back are those of the program`, {
    concurrency: 1,
  }, () => {
    const profileOf = async (folder: Folder, source: string) => {
      folder.write('app.js', source);
      const { code, stderr } = await runProfiled(runtime, folder, ['app.js'], { env });
      assert.equal(code, 0, stderr);
      return folder.profile();
    };

    test(`three functions with 10, 20 and 70 %, within ${error}`, async (t) => {
      const profile = await profileOf(
        new Folder(t),
        `${work}
        function tenth(until) { burn(until); return 1; }
        function fifth(until) { burn(until); return 2; }
        function most(until) { burn(until); return 3; }
        for (let i = 0; i < 20; i++) {
          tenth(cpu() + 10e3); fifth(cpu() + 20e3); most(cpu() + 70e3);
        }`,
      );
      assertShares(profile, { tenth: 0.1, fifth: 0.2, most: 0.7 });
    });

    test(`the same by asynchronous functions, across await, within ${error}`, async (t) => {
      const profile = await profileOf(
        new Folder(t),
        `${work}
        const pause = () => new Promise((resolve) => setTimeout(resolve, 1));
        async function tenth() { await pause(); burn(cpu() + 10e3); }
        async function fifth() { await pause(); burn(cpu() + 20e3); }
        async function most() { await pause(); burn(cpu() + 70e3); }
        (async () => { for (let i = 0; i < 20; i++) { await tenth(); await fifth(); await most(); } })();`,
      );
      assertShares(profile, { tenth: 0.1, fifth: 0.2, most: 0.7 });
    });

    test('a recursion deeper than what V8 records: all of its time is in the recursive function', async (t) => {
      const profile = await profileOf(
        new Folder(t),
        `${work}
        function down(n, until) { if (n === 0) burn(until); else down(n - 1, until); return n; }
        down(1000, cpu() + 800e3);`,
      );
      const { down = 0 } = sharesOf(profile, ['down']);
      assert.ok(down > 0.9, String(down));
      // V8 records the 255 frames nearest the leaf, and what was inlined into them.
      assert.ok(Math.max(...profile.model.samples.map(({ stack }) => stack.length)) < 1000);
    });

    test('native work is under the function that called it', async (t) => {
      const profile = await profileOf(
        new Folder(t),
        `${work}
        const { pbkdf2Sync } = require('node:crypto');
        function hash() { pbkdf2Sync('secret', 'salt', 20_000, 64, 'sha512'); return 1; }
        const end = cpu() + 800e3; while (cpu() < end) hash();`,
      );
      const { hash = 0 } = sharesOf(profile, ['hash']);
      assert.ok(hash > 0.8, String(hash));
    });

    test('collecting garbage is a frame of its own', async (t) => {
      const profile = await profileOf(
        new Folder(t),
        `${work}
        const kept = [];
        const end = cpu() + 1000e3;
        while (cpu() < end) { kept.push(Array.from({ length: 300 }, () => ({}))); if (kept.length > 5000) kept.splice(0, 2500); }`,
      );
      const { '(garbage collector)': garbage = 0 } = sharesOf(profile, ['(garbage collector)']);
      assert.ok(garbage > 0.05, String(garbage));
    });

    test('many short functions share evenly', async (t) => {
      const names = Array.from({ length: 40 }, (_, i) => `short${i}`);
      const profile = await profileOf(
        new Folder(t),
        `${work}
        const all = [${names.map((name) => `function ${name}() { return spin(10); }`).join(',')}];
        const end = cpu() + 2000e3;
        while (cpu() < end) for (let i = 0; i < 200; i++) for (const short of all) short();`,
      );
      const shares = Object.values(sharesOf(profile, names));
      assert.ok(shares.reduce((sum, share) => sum + share) > 0.85, JSON.stringify(shares));
      assert.ok(Math.max(...shares) < 0.06, JSON.stringify(shares));
    });

    test('idle time is no CPU time', async (t) => {
      const folder = new Folder(t);
      const profile = await profileOf(folder, `${work} burn(cpu() + 200e3); setTimeout(() => {}, 1000);`);
      assert.ok(totalsOf(profile).nanos < 0.7e9, String(totalsOf(profile).nanos));
    });
  });
}

/** Self time by function and file, as fractions of 1. */
function selfTimes(entries: Iterable<readonly [key: string, weight: number]>): Map<string, number> {
  const sums = new Map<string, number>();
  let total = 0;
  for (const [key, weight] of entries) {
    sums.set(key, (sums.get(key) ?? 0) + weight);
    total += weight;
  }
  return new Map([...sums].map(([key, weight]) => [key, weight / total]));
}

/**
 * Half the sum of all differences: 0 for equal distributions, 1 for those that have nothing in common. Functions that have
 * less than 1 % in both count as one: a handful of samples each says nothing about them.
 */
function totalVariationDistance(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let sum = 0;
  let rest = 0;
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    const difference = (a.get(key) ?? 0) - (b.get(key) ?? 0);
    if (Math.max(a.get(key) ?? 0, b.get(key) ?? 0) >= 0.01) sum += Math.abs(difference);
    else rest += difference;
  }
  return (sum + Math.abs(rest)) / 2;
}

interface V8File {
  readonly nodes: readonly {
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly hitCount: number;
  }[];
}

/**
 * A compiler runs under each profiler at 1000 samples a second. Two runs under the same profiler differ too: that distance
 * is measured as well and stands for what chance alone does.
 */
test('a real compiler: self time is distributed as node --cpu-prof has it', async (t) => {
  const folder = new Folder(t);
  const compiler = join(root, 'node_modules/ts5/lib/typescript.js');
  assert.ok(existsSync(compiler));
  folder.write(
    'compile.cjs',
    `const client = globalThis[Symbol.for('profbuf')]?.client;
    (function compile() {
      // --cpu-prof sees the program from its first line on, and so must we.
      if (client?.stats().windows === 0) return setTimeout(compile, 20);
      const ts = require(${JSON.stringify(compiler)});
      const source = require('node:fs').readFileSync(${JSON.stringify(compiler)}, 'utf8').slice(0, 500_000);
      ts.transpileModule(source, { compilerOptions: { target: 1, module: 1 } });
    })();`,
  );
  const ours = async () => {
    await runProfiled(runtime, folder, ['compile.cjs'], { env });
    const { functions, locations, samples } = folder.profile().model;
    return selfTimes(
      samples.map(({ stack, values }) => {
        const leaf = functions[locations[stack[0] ?? 0]?.lines[0]?.function ?? 0];
        // Node's names for functions without one are empty.
        const name = leaf?.name.startsWith('(anonymous') ? '' : leaf?.name;
        return [`${name} ${leaf?.startLine}`, Number(values[0])] as const;
      }),
    );
  };
  const nodes = async (name: string) => {
    const flags = ['--cpu-prof', '--cpu-prof-interval=1000', `--cpu-prof-dir=${name}`];
    const { code } = await run(process.execPath, [...flags, 'compile.cjs'], { cwd: folder.path });
    assert.equal(code, 0);
    const [file = ''] = readdirSync(join(folder.path, name));
    const { nodes } = JSON.parse(readFileSync(join(folder.path, name, file), 'utf8')) as V8File;
    return selfTimes(
      nodes
        .filter(({ callFrame }) => !['(idle)', '(root)'].includes(callFrame.functionName))
        .map(({ callFrame, hitCount }) => [`${callFrame.functionName} ${callFrame.lineNumber + 1}`, hitCount] as const),
    );
  };
  const runtime = { name: 'this Node', major: 0, path: process.execPath };
  const first = await nodes('first');
  const chance = totalVariationDistance(first, await nodes('second'));
  const distance = totalVariationDistance(first, await ours());
  t.diagnostic(`total variation distance ${distance.toFixed(3)}; of two runs of --cpu-prof ${chance.toFixed(3)}`);
  assert.ok(distance < chance + 0.12, `${distance}, by chance ${chance}`);
});
