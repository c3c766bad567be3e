import assert from 'node:assert/strict';
import { SourceMap as NodeSourceMap } from 'node:module';
import { describe, it } from 'node:test';
import { encode, type SourceMapMappings } from '@jridgewell/sourcemap-codec';
import { originalPositionFor, FlattenMap as TraceMap } from '@jridgewell/trace-mapping';
import { build } from 'esbuild';
import fc from 'fast-check';
import { lookUp, type Segments } from '#profbuf/profile/source-maps/look-up.js';
import { SourceMap } from '#profbuf/profile/source-maps/source-map.js';
import '../../seed.js';

const sourceCount = 4;
const nameCount = 5;

const small = fc.nat(40);
const arbitrarySegment = fc.oneof(
  { weight: 1, arbitrary: fc.tuple(small) },
  { weight: 4, arbitrary: fc.tuple(small, fc.nat(sourceCount - 1), fc.nat(3000), fc.nat(2 ** 20)) },
  { weight: 3, arbitrary: fc.tuple(small, fc.nat(sourceCount - 1), small, small, fc.nat(nameCount - 1)) },
);
/** Columns that ascend, several segments at one of them among them. */
const arbitraryLine = fc
  .array(arbitrarySegment, { maxLength: 12 })
  .map((segments) => segments.toSorted((a, b) => a[0] - b[0]));
const arbitraryMappings = fc.array(arbitraryLine, { maxLength: 8 }) as fc.Arbitrary<SourceMapMappings>;
const arbitraryPositions = fc
  .array(fc.tuple(fc.nat(9), fc.nat(45)), { maxLength: 40 })
  .map((positions) => positions.toSorted(([a, b], [c, d]) => a - c || b - d));

const strings = fc.string({ maxLength: 8 });
const arbitraryMap = fc.record({
  mappings: arbitraryMappings,
  sources: fc.array(strings, { minLength: sourceCount, maxLength: sourceCount }),
  contents: fc.array(fc.option(strings), { minLength: sourceCount, maxLength: sourceCount }),
  names: fc.array(strings, { minLength: nameCount, maxLength: nameCount }),
  isPretty: fc.boolean(),
});
type ArbitraryMap = typeof arbitraryMap extends fc.Arbitrary<infer T> ? T : never;

function jsonOf({ mappings, sources, contents, names }: ArbitraryMap) {
  return { version: 3 as const, names, sources, sourcesContent: contents, mappings: encode(mappings) };
}

function bytesOf(map: object, isPretty = false): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(map, null, isPretty ? 2 : undefined));
}

function columnsOf(positions: readonly (readonly [number, number])[]) {
  return { lines: positions.map(([line]) => line), columns: positions.map(([, column]) => column) };
}

/** In the form in which others answer; `undefined` when there is no source. */
function answerAt(map: SourceMap, segments: Segments, names: ReadonlyMap<number, string>, i: number) {
  const { source, line, originalColumn, name } = segments;
  if (source[i] === -1) return undefined;
  return {
    source: map.sources[source[i] as number] ?? '',
    line: line[i],
    column: originalColumn[i],
    name: names.get(name[i] as number),
  };
}

function agreesWithTraceMapping(json: object, bytes: Uint8Array, positions: readonly (readonly [number, number])[]) {
  const map = new SourceMap(bytes);
  const { first, last } = lookUp(map, columnsOf(positions));
  const names = map.namesOf([...first.name, ...last.name]);
  const trace = new TraceMap(json as ConstructorParameters<typeof TraceMap>[0]);
  positions.forEach(([line, column], i) => {
    const expected = originalPositionFor(trace, { line: line + 1, column });
    // Of several segments at one column it takes the first when asked for that column, and the last for one behind.
    const found = answerAt(map, first.column[i] === column ? first : last, names, i);
    assert.deepEqual(
      found === undefined ? undefined : [found.line, found.column, found.name ?? null],
      expected.line === null ? undefined : [expected.line - 1, expected.column, expected.name],
      `${line}:${column}`,
    );
  });
}

/** A map of two parts of a text, each at its place. */
const arbitraryIndexMap = fc
  .record({ one: arbitraryMap, two: arbitraryMap, line: fc.nat(8), column: fc.nat(30) })
  .map(({ one, two, line, column }) => ({
    version: 3,
    sections: [
      { offset: { line: 0, column: 0 }, map: jsonOf(one) },
      { offset: { line, column }, map: jsonOf(two) },
    ],
  }));

describe('positions in a source map', () => {
  it('are looked up as @jridgewell/trace-mapping does it', () => {
    fc.assert(
      fc.property(arbitraryMap, arbitraryPositions, (map, positions) => {
        agreesWithTraceMapping(jsonOf(map), bytesOf(jsonOf(map), map.isPretty), positions);
      }),
      { numRuns: 500 },
    );
  });

  it('are looked up as @jridgewell/trace-mapping does it in a map of sections', () => {
    fc.assert(
      fc.property(arbitraryIndexMap, arbitraryPositions, (map, positions) => {
        agreesWithTraceMapping(map, bytesOf(map), positions);
      }),
      { numRuns: 300 },
    );
  });

  it("are looked up as Node's own class does it, the last of several segments at a column", () => {
    fc.assert(
      fc.property(arbitraryMap, arbitraryPositions, (arbitrary, positions) => {
        const json = jsonOf(arbitrary);
        const map = new SourceMap(bytesOf(json));
        const { last } = lookUp(map, columnsOf(positions));
        const names = map.namesOf(last.name);
        const node = new NodeSourceMap({ ...json, file: '', sourceRoot: '', sourcesContent: [] } as never);
        positions.forEach(([line, column], i) => {
          const found = answerAt(map, last, names, i);
          // It goes on to lines before where a line has nothing, and its names are those of other segments at times.
          if (found === undefined) return;
          const entry = node.findEntry(line, column) as { originalLine: number; originalColumn: number };
          assert.deepEqual([found.line, found.column], [entry.originalLine, entry.originalColumn], `${line}:${column}`);
        });
      }),
      { numRuns: 300 },
    );
  });

  it('are found in lines whose segments are in no order', () => {
    fc.assert(
      fc.property(arbitraryMap, fc.array(fc.nat(45), { minLength: 1 }), (arbitrary, wanted) => {
        const sorted = arbitrary.mappings
          .flat()
          .filter((segment, i, all) => all.findIndex((s) => s[0] === segment[0]) === i);
        const shuffled = sorted.toSorted((a, b) => ((a[0] * 7919) % 41) - ((b[0] * 7919) % 41));
        const positions = wanted.toSorted((a, b) => a - b).map((column): [number, number] => [0, column]);
        const map = (segments: SourceMapMappings[number]) =>
          new SourceMap(bytesOf(jsonOf({ ...arbitrary, mappings: [segments] })));
        const expected = lookUp(map(sorted.toSorted((a, b) => a[0] - b[0])), columnsOf(positions));
        assert.deepEqual(lookUp(map(shuffled), columnsOf(positions)), expected);
      }),
    );
  });

  it('are those of trace-mapping in a bundle, minified and not', async () => {
    for (const minify of [false, true]) {
      const { outputFiles } = await build({
        entryPoints: ['node_modules/fast-check/lib/fast-check.js'],
        bundle: true,
        write: false,
        sourcemap: true,
        minify,
        outdir: 'unused',
        platform: 'node',
        format: 'esm',
      });
      const bytes = outputFiles.find(({ path }) => path.endsWith('.map'))?.contents ?? new Uint8Array();
      const text = outputFiles.find(({ path }) => path.endsWith('.js'))?.text ?? '';
      const positions = text
        .split('\n')
        .flatMap((line, number) => [...line.matchAll(/\(/g)].map(({ index }) => [number, index] as const))
        .filter((_, i) => i % 5 === 0);
      assert.ok(positions.length > 1000, `${positions.length} positions`);
      agreesWithTraceMapping(JSON.parse(new TextDecoder().decode(bytes)), bytes, positions);
    }
  });
});

describe('a source map', () => {
  const plain = { version: 3, names: [], sources: ['a.ts'], mappings: 'AAAA' };

  it('has the text of each source, whatever is in it', () => {
    fc.assert(
      fc.property(arbitraryMap, (map) => {
        const read = new SourceMap(bytesOf(jsonOf(map), map.isPretty));
        assert.deepEqual(read.sources, map.sources);
        const contents = map.contents.map((_, i) => read.contentOf(i) ?? null);
        assert.deepEqual(contents, map.contents);
        assert.deepEqual([...read.namesOf(map.names.keys()).values()], map.names);
      }),
    );
  });

  it('has its sources behind sourceRoot', () => {
    const map = new SourceMap(bytesOf({ ...plain, sourceRoot: '/src', sources: ['a.ts', null, 'c.ts'] }));
    assert.deepEqual(map.sources, ['/src/a.ts', '', '/src/c.ts']);
    assert.equal(map.contentOf(0), undefined);
  });

  it('may have a first line for browsers, a byte order mark, and escapes in its mappings', () => {
    const text = JSON.stringify({ ...plain, mappings: 'AAAoG,CAA/B;AACA' }).replace('/', '\\/');
    for (const before of [")]}'\n", '\ufeff', ')]}\n']) {
      const map = new SourceMap(new TextEncoder().encode(before + text));
      const { first } = lookUp(map, { lines: [0, 1], columns: [3, 0] });
      assert.deepEqual([...first.line], [0, 1]);
    }
  });

  it('that is damaged is an error with a reason, wherever it is cut', () => {
    const whole = bytesOf({ ...plain, names: ['a', 'b'], sourcesContent: ['x "y" \\ z'], mappings: 'AAAA,CAAC;AACA' });
    for (let length = 0; length < whole.length - 1; length++) {
      assert.throws(
        () => {
          const map = new SourceMap(whole.subarray(0, length));
          lookUp(map, { lines: [0, 1], columns: [5, 5] });
        },
        /it is no source map|it has no mappings|cut short/,
        `${length} bytes`,
      );
    }
    for (const mappings of ['A', 'AA', 'AAA', 'AAAAAA', 'AAA!', 'AAAg', 'é']) {
      const map = new SourceMap(bytesOf({ ...plain, mappings }));
      const isFine = mappings === 'A';
      const read = () => lookUp(map, { lines: [0], columns: [5] });
      if (isFine) assert.equal(read().first.source[0], -1);
      else assert.throws(read, /mappings are damaged/, mappings);
    }
    assert.throws(() => new SourceMap(bytesOf({ ...plain, version: 2 })), /version 3/);
    assert.throws(() => new SourceMap(bytesOf([])), /no object/);
    assert.throws(
      () => new SourceMap(bytesOf({ version: 3, sections: [{ offset: { line: 0, column: 0 }, url: 'x.map' }] })),
      /in another file/,
    );
  });
});
