import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { build } from 'esbuild';
import { Profile } from 'profbuf';
import { foundFunctions, writeHotProgram } from '../collector/source-maps/hot-program.js';
import { Folder, profbuf } from './command.js';

/** A profile of a minified bundle by its own lines, whose maps are in another folder, as those of a build on another machine. */
async function madeElsewhere(test: { after(clear: () => void): void }) {
  const made = new Folder(test);
  const hot = writeHotProgram(made.path, 3_000_000);
  const here = new Folder(test);
  await build({
    entryPoints: [join(made.path, 'src/main.ts')],
    outfile: join(made.path, 'app/dist/main.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    sourcemap: true,
    minify: true,
  });
  const args = ['record', '-q', '--rate', '1000', '--no-source-maps', '-o', 'profile.pb.gz', 'app/dist/main.mjs'];
  const { code, stderr } = await profbuf(args, { cwd: made.path });
  assert.equal(code, 0, stderr);
  here.write('profile.pb.gz', made.read('profile.pb.gz'));
  // Another file of that name, in a folder of another one.
  here.write('build/other/main.mjs.map', '{}');
  cpSync(join(made.path, 'app/dist'), join(here.path, 'build/dist'), { recursive: true });
  cpSync(join(made.path, 'src'), join(here.path, 'src'), { recursive: true });
  return { here, hot };
}

describe('a profile that was made elsewhere', () => {
  it('is shown and converted by the sources that the maps in a folder lead to', async (test) => {
    const { here, hot } = await madeElsewhere(test);
    const plain = await profbuf(['top', 'profile.pb.gz'], { cwd: here.path });
    assert.doesNotMatch(plain.stdout, /\.ts/);
    const { code, stdout, stderr } = await profbuf(['top', '--source-maps', 'build', 'profile.pb.gz'], {
      cwd: here.path,
    });
    assert.deepEqual([code, stderr], [0, '']);
    const shownPlace = ({ name, file, line }: (typeof hot)[number]) => new RegExp(` ${name} +\\S*/${file}:${line}\\n`);
    const shown = hot.filter((one) => shownPlace(one).test(stdout));
    assert.ok(shown.length >= 10, stdout);
    const args = ['convert', '--source-maps', 'build', 'profile.pb.gz', '-o', 'shown.pb.gz'];
    assert.equal((await profbuf(args, { cwd: here.path })).code, 0);
    const { model } = Profile.decode(here.read('shown.pb.gz'));
    const { model: before } = Profile.decode(here.read('profile.pb.gz'));
    const total = ({ samples }: typeof model) => samples.reduce((sum, { values }) => sum + Number(values[1]), 0);
    assert.equal(total(model), total(before));
    assert.deepEqual(foundFunctions(Profile.decode(here.read('shown.pb.gz')), here.path, hot).wrong, []);
    const without = await profbuf(['top', '--source-maps', 'src', 'profile.pb.gz'], { cwd: here.path });
    assert.equal(without.stderr, 'profbuf: no map in src is that of a file of the profile\n');
    assert.equal(without.stdout, plain.stdout);
    // Made again of what is shown already, it stays as it is.
    const again = ['convert', '--source-maps', 'build', 'shown.pb.gz', '-o', 'again.pb.gz'];
    assert.equal((await profbuf(again, { cwd: here.path })).code, 0);
    assert.deepEqual(Profile.decode(here.read('again.pb.gz')).model.functions, model.functions);
  });

  it('needs a folder', async (test) => {
    const folder = new Folder(test);
    folder.write('profile.pb.gz', '');
    for (const [name, said] of [
      ['gone', /^profbuf: --source-maps gone: .*\n$/],
      ['profile.pb.gz', /^profbuf: .*\n$/],
    ] as const) {
      const { code, stderr } = await profbuf(['top', '--source-maps', name, 'profile.pb.gz'], { cwd: folder.path });
      assert.equal(code, 2);
      assert.match(stderr, name === 'gone' ? /^profbuf: [^\n]*\n$/ : said);
    }
  });
});
