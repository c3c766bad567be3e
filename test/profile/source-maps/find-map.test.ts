import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findMap } from '#profbuf/profile/source-maps/find-map.js';
import { mapCommentOf } from '#profbuf/profile/source-maps/map-comment.js';
import { SourceMapError } from '#profbuf/profile/source-maps/source-map-error.js';
import { sourcePathOf } from '#profbuf/profile/source-maps/source-path.js';
import { memoryFiles } from './memory-files.js';

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe('the comment that names a map', () => {
  const cases: Readonly<Record<string, string | undefined>> = {
    'run();\n//# sourceMappingURL=a.js.map': 'a.js.map',
    'run();\r\n//# sourceMappingURL=a.js.map\r\n\r\n': 'a.js.map',
    'run();\n//@ sourceMappingURL=a.js.map\n': 'a.js.map',
    'run();\n  //# sourceMappingURL=a b.js.map\n//# debugId=1\nmore();': 'a b.js.map',
    'run();//# sourceMappingURL=a.js.map': 'a.js.map',
    '//# sourceMappingURL=a\nrun();\n//# sourceMappingURL=b': 'b',
    '//# sourceMappingURL=a\n/*\n//# sourceMappingURL=b\n*/': 'a',
    '//# sourceMappingURL=b /* c */\n/* d */': 'b /* c */',
    'const s = "//# sourceMappingURL=a";': undefined,
    'const s = `\n//# sourceMappingURL=${a}`;': undefined,
    'eval("run();\\n//# sourceMappingURL=data:application/json,{}\\n//# sourceURL=x")': undefined,
    'run();': undefined,
    '': undefined,
  };
  for (const [text, url] of Object.entries(cases)) {
    it(`is ${url ?? 'none'} in ${JSON.stringify(text)}`, () => assert.equal(mapCommentOf(bytesOf(text)), url));
  }
});

describe('the map of a script', () => {
  const map = { version: 3, sources: [], names: [], mappings: '' };
  const found = (
    url: string | undefined,
    files: Readonly<Record<string, string | object>>,
    path = '/app/dist/a b.js',
  ) => {
    const text = url === undefined ? 'run();' : `run();\n//# sourceMappingURL=${url}\n`;
    return findMap(path, bytesOf(text), memoryFiles(files));
  };

  it('is the file that the comment names, encoded or not, relative or not', () => {
    for (const [url, path] of [
      ['a b.js.map', '/app/dist/a b.js.map'],
      ['a%20b.js.map', '/app/dist/a b.js.map'],
      ['a%20b.js.map?v=1', '/app/dist/a b.js.map'],
      ['%5Broot%5D.map', '/app/dist/[root].map'],
      ['%5Braw%5D.map', '/app/dist/%5Braw%5D.map'],
      ['../maps/a.map', '/app/maps/a.map'],
      ['/srv/a.map', '/srv/a.map'],
      ['file:///srv/a%20b.map', '/srv/a b.map'],
    ] as const) {
      const { path: where, base } = found(url, { [path]: map }) ?? {};
      assert.deepEqual([where, base], [path, path], url);
    }
  });

  it('is the file beside it when the comment names none, or one that is not there', () => {
    const files = { '/app/dist/a b.js.map': map };
    for (const url of [undefined, 'gone.map', 'https://example.com/a.map']) {
      assert.equal(found(url, files)?.path, '/app/dist/a b.js.map', url);
    }
    assert.equal(found(undefined, {}), undefined);
  });

  it('can be in the script', () => {
    const json = JSON.stringify({ ...map, sources: ['ä.ts'] });
    const urls = [
      `data:application/json;base64,${Buffer.from(json).toString('base64')}`,
      `data:application/json;charset=utf-8;base64,${encodeURIComponent(Buffer.from(json).toString('base64'))}`,
      `data:application/json,${encodeURIComponent(json)}`,
    ];
    for (const url of urls) {
      const inside = found(url, {});
      assert.deepEqual([inside?.path, inside?.base], [undefined, '/app/dist/a b.js']);
      assert.equal(Buffer.from(inside?.text instanceof Uint8Array ? inside.text : []).toString(), json);
    }
  });

  it('that is not to be had is an error that says why', () => {
    assert.throws(() => found('a.map', {}), new SourceMapError('its map is not there: /app/dist/a.map'));
    assert.throws(
      () => found('https://example.com/a.map', {}),
      /is at https:\/\/example.com\/a.map, which is not opened/,
    );
    assert.throws(() => found('data:application/json', {}), /without data/);
  });
});

describe('the path of a source', () => {
  const files = memoryFiles({
    '/app/package.json': '{}',
    '/app/src/a.ts': '',
    '/app/src/a b.ts': '',
    '/app/src/c%20d.ts': '',
    '/app/src/e.vue': '',
    '/app/src/[id].ts': '',
  });
  const cases: readonly [string, string, boolean][] = [
    ['../src/a.ts', '/app/src/a.ts', true],
    ['../src/a%20b.ts', '/app/src/a b.ts', true],
    ['../src/c%20d.ts', '/app/src/c%20d.ts', true],
    ['../src/e.vue?vue&type=script', '/app/src/e.vue', true],
    ['/app/src/a.ts', '/app/src/a.ts', true],
    ['file:///app/src/a%20b.ts', '/app/src/a b.ts', true],
    ['webpack://app/./src/a.ts', '/app/src/a.ts', true],
    ['webpack:///./src/a.ts?b4f1', '/app/src/a.ts', true],
    ['turbopack:///[project]/src/%5Bid%5D.ts', '/app/src/[id].ts', true],
    ['../lib/gone.ts', '/app/lib/gone.ts', false],
    ['../node_modules/@scope/kit/src/x.ts', '@scope/kit/src/x.ts', false],
    ['webpack://shop/./src/gone.ts', 'shop/src/gone.ts', false],
    ['webpack://shop/external commonjs "fs"', 'shop/external commonjs "fs"', false],
    ['https://example.com/src/a.ts', 'example.com/src/a.ts', false],
  ];
  for (const [source, file, isThere] of cases) {
    it(`of ${source} is ${file}`, () =>
      assert.deepEqual(sourcePathOf(source, '/app/dist/main.js.map', files), { file, isThere }));
  }
});
