import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encode, type SourceMapSegment } from '@jridgewell/sourcemap-codec';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import ts from 'ts5';
import type { Frame } from '#profbuf/profile/frame.js';
import { SourceMapError } from '#profbuf/profile/source-maps/source-map-error.js';
import { type RunningText, SourceMaps } from '#profbuf/profile/source-maps/source-maps.js';
import { memoryFiles } from './memory-files.js';

const source = `interface Options {
  readonly a: number;
}

export const area = (options: Options, scale: number): number => {
  return options.a * scale;
};

export function step(n: number): number {
  const twice = n * 2;
  return twice + 1;
}
`;

/** A frame of the function of which this is the text up to its bracket, at a line of its own if one is named. */
function frameAt(text: string, head: string, file = '/app/dist/main.js', lineAfter = 0): Frame {
  const offset = text.indexOf(head) + head.length;
  assert.ok(offset >= head.length, `no ${head} in ${text}`);
  const startLine = text.slice(0, offset).split('\n').length;
  const startColumn = offset - text.lastIndexOf('\n', offset - 1);
  const place = { functionName: 'v8', file, startLine, startColumn };
  return lineAfter === 0
    ? { ...place, line: startLine, column: startColumn }
    : { ...place, line: startLine + lineAfter };
}

function compiled(options: ts.CompilerOptions = {}): { js: string; map: string } {
  const { outputText, sourceMapText = '' } = ts.transpileModule(source, {
    fileName: 'main.ts',
    compilerOptions: { sourceMap: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, ...options },
  });
  return { js: outputText, map: sourceMapText.replace('"main.ts"', '"../src/main.ts"') };
}

async function originals(
  files: Readonly<Record<string, string | object>>,
  frames: readonly Frame[],
  texts?: Map<string, RunningText>,
) {
  const memory = memoryFiles(files);
  const maps = new SourceMaps({ files: memory, ...(texts ? { runningTexts: async () => texts } : {}) });
  const { hasChanges, frameOf, comments } = await maps.originalsOf(frames);
  return { hasChanges, frames: frames.map(frameOf), comments, maps, reads: memory.reads };
}

const summary = ({ functionName, file, startLine, line }: Frame) => `${functionName} ${file}:${startLine}:${line}`;

describe('frames of a compiled file', () => {
  it('are those of the source: names, places, and lines within', async () => {
    const { js, map } = compiled();
    const frames = [
      frameAt(js, 'area = '),
      frameAt(js, 'area = ', '/app/dist/main.js', 1),
      frameAt(js, 'function step'),
      frameAt(js, 'function step', '/app/dist/main.js', 2),
      { functionName: '(anonymous main.js:1:1)', file: '/app/dist/main.js', startLine: 1, startColumn: 1, line: 1 },
    ];
    const found = await originals(
      { '/app/dist/main.js': js, '/app/dist/main.js.map': map, '/app/src/main.ts': source },
      frames,
    );
    assert.ok(found.hasChanges);
    assert.deepEqual(found.frames.map(summary), [
      'area /app/src/main.ts:5:5',
      'area /app/src/main.ts:5:6',
      'step /app/src/main.ts:9:9',
      'step /app/src/main.ts:9:11',
      '(anonymous main.ts:1:1) /app/src/main.ts:1:1',
    ]);
    // As V8 has it when it runs the source itself.
    assert.deepEqual(found.frames[0]?.column, (source.split('\n')[4]?.indexOf('(') as number) + 1);
    assert.deepEqual(found.comments, ['source maps: functions of 1 file are shown where their sources have them']);
  });

  it('are found out once', async () => {
    const { js, map } = compiled();
    const files = { '/app/dist/main.js': js, '/app/dist/main.js.map': map, '/app/src/main.ts': source };
    const { maps, reads } = await originals(files, [frameAt(js, 'area = ')]);
    const before = reads.length;
    await maps.originalsOf([frameAt(js, 'area = ')]);
    assert.equal(reads.length, before);
    const { frameOf } = await maps.originalsOf([frameAt(js, 'function step')]);
    assert.equal(summary(frameOf(frameAt(js, 'function step'))), 'step /app/src/main.ts:9:9');
  });

  it('keep what V8 says where there is no map, and nothing is said of it', async () => {
    const { js } = compiled();
    const plain = js.replace(/\/\/# source.*/, '');
    const found = await originals({ '/app/dist/main.js': plain }, [frameAt(plain, 'area = ')]);
    assert.deepEqual([found.hasChanges, found.comments], [false, []]);
    assert.deepEqual(found.frames, [frameAt(plain, 'area = ')]);
  });

  it('are followed to the source of their source', async () => {
    const { js, map } = compiled();
    const input = { name: 'memory', resolveId: (id: string) => id, load: () => js };
    const bundle = await rollup({ input: '/app/dist/main.js', plugins: [input] });
    const { output } = await bundle.generate({ file: '/app/out/bundle.js', sourcemap: true, format: 'es' });
    const { code, map: outer } = output[0];
    const files = {
      '/app/out/bundle.js': `${code}//# sourceMappingURL=bundle.js.map\n`,
      '/app/out/bundle.js.map': outer?.toString() ?? '',
      '/app/dist/main.js': js,
      '/app/dist/main.js.map': map,
      '/app/src/main.ts': source,
    };
    const found = await originals(files, [
      frameAt(code, 'area = ', '/app/out/bundle.js'),
      frameAt(code, 'function step', '/app/out/bundle.js', 2),
    ]);
    assert.deepEqual(
      found.frames.map(summary),
      ['area /app/src/main.ts:5:5', 'step /app/src/main.ts:9:11'],
      found.comments.join(),
    );
  });

  const innerProblems: Readonly<Record<string, readonly [content: string | object | undefined, reason: string]>> = {
    'is not there': [undefined, 'its map is not there: /app/lib/index.js.map'],
    'is damaged': ['{"version":3,"mappings":"', 'it is no source map: it is cut short'],
    'leads back to it': [
      { version: 3, sources: ['index.js'], names: [], mappings: 'AAAO,SAAS,KAAK,CAAC' },
      'its map leads back to /app/lib/index.js',
    ],
    'leads back to the script': [
      { version: 3, sources: ['../dist/main.js'], names: [], mappings: 'AAAO,SAAS,KAAK,CAAC' },
      'its map leads back to /app/dist/main.js',
    ],
  };
  for (const [name, [content, reason]] of Object.entries(innerProblems)) {
    it(`stay at their source where its own map ${name}, and the profile says so`, async () => {
      const js = 'function step(n){return n+1}';
      const files = {
        '/app/dist/main.js': js,
        '/app/dist/main.js.map': {
          version: 3,
          sources: ['../lib/index.js'],
          names: [],
          mappings: 'AAAO,SAAS,KAAK,CAAC',
        },
        '/app/lib/index.js': 'export function step(n) {\n  return n + 1;\n}\n//# sourceMappingURL=index.js.map\n',
        ...(content === undefined ? {} : { '/app/lib/index.js.map': content }),
      };
      const found = await originals(files, [{ ...frameAt(js, 'function step'), functionName: 'step' }]);
      assert.deepEqual(found.frames.map(summary), ['step /app/lib/index.js:1:1']);
      assert.deepEqual(found.comments, [
        'source maps: functions of 1 file are shown where their sources have them',
        `source maps: /app/lib/index.js: ${reason}`,
      ]);
    });
  }

  it('are at their first line where lines within are not known, and the profile says so', async () => {
    const { outputFiles } = await build({
      stdin: { contents: source, loader: 'ts', sourcefile: '../src/main.ts', resolveDir: '/app/dist' },
      minify: true,
      write: false,
      sourcemap: true,
      outfile: '/app/dist/main.js',
    });
    const [map = '', js = ''] = outputFiles.map(({ text }) => text);
    const found = await originals(
      { '/app/dist/main.js': js, '/app/dist/main.js.map': map },
      [frameAt(js, 'export function s')].length > 0 ? [frameAt(js, 'function step')] : [],
    );
    assert.deepEqual(found.frames.map(summary), ['step /app/src/main.ts:9:9']);
    assert.match(found.comments.join('\n'), /lines within functions of \/app\/dist\/main.js are not known/);
  });
});

describe('a map without columns', () => {
  it('does not give a call-back the name of what is called', async () => {
    const js = 'later(1).then((value) => {\n  work(value);\n});\nfunction step(n) {\n  return n;\n}\n';
    const map = {
      version: 3,
      sources: ['../src/main.ts'],
      names: [],
      sourcesContent: [js],
      mappings: 'AAAA;AACA;AACA;AACA;AACA',
    };
    const callBack = { ...frameAt(js, 'then('), functionName: '(anonymous main.js:1:15)' };
    const found = await originals({ '/app/dist/main.js': js, '/app/dist/main.js.map': map }, [
      callBack,
      { ...frameAt(js, 'function step'), functionName: 'step' },
    ]);
    assert.deepEqual(found.frames.map(summary), [
      '(anonymous main.ts:1:1) /app/src/main.ts:1:1',
      'step /app/src/main.ts:4:4',
    ]);
  });
});

describe('a function that a minifier has put where it is called', () => {
  it('is where it was written, as the end of its brackets says', async () => {
    const written = 'function step(): number {\n  return 1;\n}\n\nconsole.log(step());\n';
    const js = 'console.log(function(){return 1}());';
    const segment = (text: string, line: number, column: number) => [js.indexOf(text), 0, line, column] as const;
    const mappings = encode([
      [
        [0, 0, 4, 0],
        segment('function', 0, 0),
        segment('(){', 4, 12),
        segment('){', 0, 9),
        segment('return', 1, 2),
      ].map((one): SourceMapSegment => [...one] as SourceMapSegment),
    ]);
    const map = { version: 3, sources: ['../src/main.ts'], names: [], sourcesContent: [written], mappings };
    const frame = { ...frameAt(js, 'console.log(function'), functionName: '(anonymous main.js:1:21)' };
    const found = await originals({ '/app/dist/main.js': js, '/app/dist/main.js.map': map }, [frame]);
    assert.deepEqual(found.frames.map(summary), ['step /app/src/main.ts:1:1']);
  });
});

describe('a map that is of no use', () => {
  const { js, map } = compiled();
  const frame = frameAt(js, 'area = ');
  const cases: Readonly<Record<string, readonly [Readonly<Record<string, string | object>>, RegExp]>> = {
    'is not there': [{}, /its map is not there: \/app\/dist\/main.js.map/],
    'is no JSON': [{ '/app/dist/main.js.map': 'not found' }, /it is no source map/],
    'is damaged': [{ '/app/dist/main.js.map': map.replace(/"mappings":"/, '"mappings":"!') }, /mappings are damaged/],
    'is too large': [{ '/app/dist/main.js.map': new SourceMapError('it is larger than 64 MiB') }, /larger than 64 MiB/],
    'leads back to its script': [
      { '/app/dist/main.js.map': map.replace('../src/main.ts', 'main.js') },
      /leads back to \/app\/dist\/main.js/,
    ],
    'is shifted': [
      {
        '/app/dist/main.js.map': map
          .replace(/"mappings":"/, '"mappings":"')
          .replace(/;([A-Za-z])/g, ';E')
          .replace(/,C/g, ',D'),
      },
      /begins in the middle of a word|no source map|damaged/,
    ],
  };
  for (const [name, [files, reason]] of Object.entries(cases)) {
    it(`${name}: frames stay as they are, and one comment says why`, async () => {
      const found = await originals({ '/app/dist/main.js': js, ...files }, [frame]);
      assert.deepEqual(found.frames, [frame]);
      assert.equal(found.comments.length, 1, found.comments.join('\n'));
      assert.match(found.comments[0] ?? '', reason);
      assert.match(found.comments[0] ?? '', /^source maps: \/app\/dist\/main.js: /);
    });
  }

  it('is one of many in packages: they share a line', async () => {
    const files = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`/app/node_modules/p/${i}.js`, js]));
    const found = await originals(
      files,
      Object.keys(files).map((file) => ({ ...frame, file })),
    );
    assert.deepEqual(found.comments, ['source maps: those of 30 other files, mostly of packages, are of no use']);
  });
});

describe('a text that is not the file', () => {
  const { js, map } = compiled();
  const file = '/app/src/main.ts';
  const frames = [frameAt(js, 'area = ', file), frameAt(js, 'function step', file)];
  const padded = `// one more line\n${source}`;
  const inside = `data:application/json;base64,${Buffer.from(map.replace('../src/main.ts', 'main.ts')).toString('base64')}`;

  it('is asked for, with its map', async () => {
    const texts = new Map([[file, { text: new TextEncoder().encode(js), mapUrl: inside }]]);
    const found = await originals({ [file]: source }, frames, texts);
    assert.deepEqual(found.frames.map(summary), ['area /app/src/main.ts:5:5', 'step /app/src/main.ts:9:9']);
  });

  it('is known as soon as a function shows it, also if only its own code was seen before', async () => {
    const texts = new Map([[file, { text: new TextEncoder().encode(js), mapUrl: inside }]]);
    const module = { functionName: '(anonymous main.ts:1:1)', file, startLine: 1, startColumn: 1, line: 1 };
    const { maps, reads } = await originals({ [file]: source }, [module], texts);
    const before = reads.length;
    await maps.originalsOf([module]);
    assert.equal(reads.length, before);
    const { frameOf } = await maps.originalsOf([module, ...frames]);
    assert.equal(summary(frameOf(frames[0] ?? module)), 'area /app/src/main.ts:5:5');
  });

  it('is known by several functions, also if the first one begins where one could in the file', async () => {
    const texts = new Map([[file, { text: new TextEncoder().encode(js), mapUrl: inside }]]);
    // Where the file has a bracket.
    const chance = { ...frameAt(source, 'area = ', file), functionName: 'other' };
    const { maps } = await originals({ [file]: source }, [chance], texts);
    const { frameOf } = await maps.originalsOf(frames);
    assert.equal(summary(frameOf(frames[1] ?? chance)), 'step /app/src/main.ts:9:9');
  });

  it('is not asked for in the middle, and marked until it is', async () => {
    let asked = 0;
    const runningTexts = async () => {
      asked++;
      return new Map([[file, { text: new TextEncoder().encode(js), mapUrl: inside }]]);
    };
    const maps = new SourceMaps({ files: memoryFiles({ [file]: source }), runningTexts });
    const early = await maps.originalsOf(frames, { asksForTexts: false });
    assert.deepEqual(
      [...frames.map((frame) => early.frameOf(frame).file)],
      [`${file} (transformed)`, `${file} (transformed)`],
    );
    assert.equal(asked, 0);
    const late = await maps.originalsOf(frames);
    assert.deepEqual(frames.map(late.frameOf).map(summary), ['area /app/src/main.ts:5:5', 'step /app/src/main.ts:9:9']);
    assert.equal(asked, 1);
    await maps.originalsOf(frames);
    assert.equal(asked, 1);
  });

  it('that has no map is never shown as lines of the file', async () => {
    const texts = new Map([[file, { text: new TextEncoder().encode(js), mapUrl: '' }]]);
    for (const asked of [texts, new Map<string, RunningText>(), undefined]) {
      const found = await originals({ [file]: padded }, frames, asked);
      assert.deepEqual(
        found.frames.map((frame) => frame.file),
        [`${file} (transformed)`, `${file} (transformed)`],
      );
      assert.match(found.comments.join('\n'), /what ran is not what the file has/);
    }
  });
});
