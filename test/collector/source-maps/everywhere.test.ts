import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { build } from 'esbuild';
import { Profile } from 'profbuf';
import { Folder, profbuf, Run, root, run } from '../../cli/command.js';
import { ask } from '../http/served-program.js';

/** Works, allocates, and stalls, each in a function of its own, until it is told to end. */
const source = `
interface Entry {
  readonly id: number;
}

function spin(milliseconds: number): number { // line 6
  let sum = 0;
  for (const end = performance.now() + milliseconds; performance.now() < end; ) {
    for (let i = 0; i < 1e4; i++) sum += Math.sqrt(i);
  }
  return sum;
}

const kept: Entry[][] = [];

function allocate(count: number): void { // line 16
  kept.push(Array.from({ length: count }, (_, id) => ({ id })));
  if (kept.length > 20) kept.shift();
}

function stall(): void { // line 21
  spin(600);
}

let turns = 0;
const timer = setInterval(() => {
  spin(5);
  allocate(2000);
  if (turns++ === 40) stall();
}, 10);
process.on('SIGTERM', () => process.exit());
if (process.env.TIME !== undefined) setTimeout(() => clearInterval(timer), Number(process.env.TIME));
`;

async function bundled(test: TestContext): Promise<Folder> {
  const folder = new Folder(test);
  folder.write('package.json', '{ "name": "app" }');
  await build({
    entryPoints: [folder.write('src/app.ts', source)],
    outfile: join(folder.path, 'dist/app.cjs'),
    platform: 'node',
    minify: true,
    sourcemap: true,
  });
  return folder;
}

/** Functions of the program itself, with file and line. */
function own({ model }: Profile): string[] {
  return model.functions
    .filter(({ filename }) => filename.startsWith('/') && !filename.includes('/profbuf/dist/'))
    .map(({ name, filename, startLine }) => `${name} ${filename.split('/').slice(-2).join('/')}:${startLine}`);
}

describe('source maps count', () => {
  it('for everything that is served, and for stalls', async (test) => {
    const folder = await bundled(test);
    const env = { PROFBUF_HTTP: '0', PROFBUF_STALL: '200', PROFBUF_HEAP: '1' };
    const program = new Run(process.execPath, ['--require', join(root, 'dist/register.cjs'), 'dist/app.cjs'], {
      cwd: folder.path,
      env,
    });
    test.after(() => program.process.kill('SIGKILL'));
    const [, url = ''] = await program.said(/serving (http:\S+\/debug\/pprof\/)/);
    const stalled = program.said(/event loop blocked for .*spin.*\n/);
    for (const name of ['profile', 'wall']) {
      let found: string[];
      // The server is up before sampling has begun.
      do found = own(Profile.decode((await ask(`${url}${name}?seconds=1`)).body));
      while (!found.includes('spin src/app.ts:6'));
      assert.ok(!found.some((one) => one.includes('app.cjs')), found.join('\n'));
    }
    const [said] = await stalled;
    assert.match(said, /spin \(src\/app\.ts:(6|7|8|9)\) ← stall/);
    const heap = own(Profile.decode((await ask(`${url}heap`)).body));
    assert.ok(heap.includes('allocate src/app.ts:16'), heap.join('\n'));
    assert.match((await ask(`${url}heap?debug=1`)).body.toString(), /#\tallocate\t.*src\/app\.ts:16\n/);
    while (!own(Profile.decode((await ask(`${url}block`)).body)).includes('stall src/app.ts:21'));
    for (let found: string[] = []; !found.includes('spin src/app.ts:6'); ) {
      found = own(Profile.decode((await ask(`${url}goroutine`)).body));
      assert.ok(!found.some((one) => one.includes('app.cjs')), found.join('\n'));
    }
    program.process.kill('SIGTERM');
    await program.end();
    const names = folder.profiles();
    assert.equal(names.length, 1, names.join());
    assert.ok(own(folder.profile(names[0])).includes('spin src/app.ts:6'));
  });

  it('for what a program takes itself, unless it wants none', async (test) => {
    const folder = await bundled(test);
    folder.write(
      'main.mjs',
      `import { startProfiler } from ${JSON.stringify(join(root, 'dist/index.js'))};
      for (const sourceMaps of [true, false]) {
        const profiler = await startProfiler({ sampleRate: 1000, sourceMaps });
        if (sourceMaps) await import('./dist/app.cjs');
        const profile = await profiler.collect({ seconds: 0.5 });
        await profiler.stop();
        console.log(profile.model.functions.some(({ name, filename }) => name === 'spin' && filename.endsWith('src/app.ts')));
      }
      process.exit();`,
    );
    const { stdout, stderr } = await run(process.execPath, ['main.mjs'], { cwd: folder.path });
    assert.equal(stdout, 'true\nfalse\n', stderr);
  });

  it('under record for CPU time and allocations, unless they are not wanted', async (test) => {
    const folder = await bundled(test);
    const recorded = async (...options: string[]) => {
      const { code, stderr } = await profbuf(
        // Soon the function is inlined, and in a file of one line nothing tells it from the one around.
        ['record', '-q', '--rate', '1000', '-o', 'profile.pb.gz', ...options, '--', 'dist/app.cjs'],
        { cwd: folder.path, env: { TIME: '400' } },
      );
      assert.equal(code, 0, stderr);
      return own(folder.profile());
    };
    const byTime = await recorded();
    assert.ok(byTime.includes('spin src/app.ts:6'), byTime.join());
    const bySize = await recorded('--allocs');
    assert.ok(bySize.includes('allocate src/app.ts:16'), bySize.join());
    const plain = await recorded('--no-source-maps');
    assert.ok(!plain.some((one) => one.includes('app.ts')), plain.join('\n'));
    assert.ok(
      plain.some((one) => one.includes('dist/app.cjs:1')),
      plain.join('\n'),
    );
    const { status } = await offByVariable(folder);
    assert.equal(status, 0);
    assert.ok(!own(folder.profile()).some((one) => one.includes('app.ts')));
  });
});

async function offByVariable(folder: Folder): Promise<{ status: number | null }> {
  const args = ['record', '-q', '-o', 'profile.pb.gz', '--', 'dist/app.cjs'];
  const { code } = await profbuf(args, { cwd: folder.path, env: { PROFBUF_SOURCE_MAPS: '0', TIME: '400' } });
  return { status: code };
}
