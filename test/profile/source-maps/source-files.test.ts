import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { truncateSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Frame } from '#profbuf/profile/frame.js';
import { diskFiles } from '#profbuf/profile/source-maps/source-files.js';
import { SourceMaps } from '#profbuf/profile/source-maps/source-maps.js';
import { Folder } from '../../cli/command.js';

/** What a profile with a function of this file says of its map. */
async function commentsOn(file: string): Promise<readonly string[]> {
  const frame: Frame = { functionName: 'step', file, startLine: 1, startColumn: 14, line: 1, column: 14 };
  const { frameOf, comments } = await new SourceMaps({ files: diskFiles }).originalsOf([frame]);
  assert.deepEqual(frameOf(frame), frame);
  return comments;
}

describe('a map on the disk', () => {
  const js = 'function step(n){return n+1}\n//# sourceMappingURL=main.js.map\n';
  const text = `{"version":3,"sources":["main.ts"],"mappings":"AAAA","sourcesContent":["${'x'.repeat(2 ** 20)}"]}`;

  it('of 100 MB is not read, and one comment says so', async (t) => {
    const folder = new Folder(t);
    const file = folder.write('main.js', js);
    const map = folder.write('main.js.map', text);
    truncateSync(map, 100 * 10 ** 6);
    const began = process.memoryUsage().rss;
    assert.deepEqual(await commentsOn(file), [`source maps: ${file}: ${map} is larger than 64 MiB`]);
    assert.ok(process.memoryUsage().rss - began < 50 * 10 ** 6);
  });

  it('that is slow to read is given up, and one comment says so', async (t) => {
    const folder = new Folder(t);
    const file = folder.write('main.js', js);
    const map = folder.write('main.js.map', text);
    // A second passes between any two looks at the clock.
    let now = 0;
    t.mock.method(performance, 'now', () => {
      now += 1000;
      return now;
    });
    assert.deepEqual(await commentsOn(file), [`source maps: ${file}: ${map} takes too long to be read`]);
  });

  it('that is a pipe is not waited for', { skip: process.platform === 'win32' }, async (t) => {
    const folder = new Folder(t);
    const file = folder.write('main.js', js);
    execFileSync('mkfifo', [`${file}.map`]);
    assert.deepEqual(await commentsOn(file), [`source maps: ${file}: its map is not there: ${file}.map`]);
  });
});
