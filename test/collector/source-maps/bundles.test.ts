import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type BuildOptions, build } from 'esbuild';
import { Profile } from 'profbuf';
import { mergeProfiles } from '#profbuf/profile/merge.js';
import { Folder } from '../../cli/command.js';
import { goPprof, skip } from '../../profile/go-pprof.js';
import { runtimes } from '../../runtimes.js';
import { runProfiled } from '../profiled-program.js';
import { assertFound, writeHotProgram } from './hot-program.js';

const builds: Readonly<Record<string, BuildOptions>> = {
  plain: {},
  minified: { minify: true },
  'minified, with names kept and a map inside': { minify: true, keepNames: true, sourcemap: 'inline' },
};

describe('functions of a bundle', () => {
  for (const [name, options] of Object.entries(builds)) {
    // What is hard is to be right on each of them; the others are the same but for their text.
    for (const runtime of name === 'minified' ? runtimes : runtimes.slice(-1)) {
      it(`have the names, files and lines of their sources (${name}, ${runtime.name})`, async (test) => {
        const folder = new Folder(test);
        const hot = writeHotProgram(folder.path);
        await build({
          entryPoints: [join(folder.path, 'src/main.ts')],
          outfile: join(folder.path, 'dist/main.mjs'),
          bundle: true,
          platform: 'node',
          format: 'esm',
          target: 'es2022',
          sourcemap: true,
          ...options,
        });
        const { code, stderr } = await runProfiled(runtime, folder, ['dist/main.mjs'], {
          env: { PROFBUF_RATE: '1000' },
        });
        assert.equal(code, 0, stderr);
        assertFound(folder.profile(), folder.path, hot, runtime);
      });
    }
  }

  it('have their hot lines in the .ts file for go tool pprof -list, and add up with those of a run without a map', {
    skip,
  }, async (test) => {
    const folder = new Folder(test);
    // The only loop: V8 gives some of the ticks of an inner one to the line of the loop around it.
    const hotLine = '  for (let i = 0; i < rounds * 2e6; i++) sum += Math.sqrt(i ^ sum);';
    folder.write(
      'src/main.ts',
      `interface Options {
  readonly rounds: number;
}

export function hot({ rounds }: Options): number {
  let sum = 0;
${hotLine}
  return sum;
}

if (hot({ rounds: 150 }) === 1) console.log('never');
`,
    );
    await build({
      entryPoints: [join(folder.path, 'src/main.ts')],
      outfile: join(folder.path, 'dist/main.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      sourcemap: true,
    });
    const runtime = runtimes.at(-1) ?? assert.fail();
    const { code, stderr } = await runProfiled(runtime, folder, ['dist/main.mjs']);
    assert.equal(code, 0, stderr);
    const listing = goPprof(folder.read('profile.pb.gz'), '-list=^hot$');
    // flat, cum, the line's number and its text.
    const lines = [...listing.matchAll(/^ +(\S+) +(\S+) +(\d+):(.*)$/gm)].map(([, flat = '', , number, text]) => ({
      milliseconds: flat === '.' ? 0 : Number.parseFloat(flat) * (/\dms$/.test(flat) ? 1 : 1000),
      number: Number(number),
      text: text?.trimEnd(),
    }));
    const [hottest] = lines.toSorted((a, b) => b.milliseconds - a.milliseconds);
    assert.deepEqual({ number: hottest?.number, text: hottest?.text }, { number: 7, text: hotLine }, listing);

    // Node's own stripping of types needs no map: a function is the same one.
    const bundled = folder.profile();
    folder.write('package.json', '{ "type": "module" }');
    const stripped = await runProfiled(runtime, folder, ['src/main.ts']);
    assert.equal(stripped.code, 0, stripped.stderr);
    const hotRows = (profile: Profile) => profile.top().filter(({ functionName }) => functionName === 'hot');
    const [[one], [other]] = [hotRows(bundled), hotRows(folder.profile())];
    const sum = Profile.fromModel(mergeProfiles([bundled.model, folder.profile().model]));
    assert.deepEqual(
      hotRows(sum).map(({ flat }) => flat),
      [(one?.flat ?? 0) + (other?.flat ?? 0)],
    );
    assert.ok((one?.flat ?? 0) > 0 && (other?.flat ?? 0) > 0);
    const places = sum.model.functions.filter(({ name }) => name === 'hot');
    assert.deepEqual(
      places.map(({ filename, startLine }) => [filename, startLine]),
      [[join(folder.path, 'src/main.ts'), 5]],
    );
  });
});
