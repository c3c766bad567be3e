import assert from 'node:assert/strict';
import { renameSync, statSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Pieces, readMapText } from '#profbuf/profile/source-maps/map-text.js';
import { diskFiles } from '#profbuf/profile/source-maps/source-files.js';
import { SourceMap } from '#profbuf/profile/source-maps/source-map.js';
import { SourceMapError } from '#profbuf/profile/source-maps/source-map-error.js';
import { Folder } from '../../cli/command.js';
import '../../seed.js';

/** Read as a file is that gives what it likes at a time. */
function piecesOf(bytes: Uint8Array): Pieces {
  return {
    length: bytes.length,
    read(into, position) {
      const part = bytes.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    },
  };
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

const contents = fc.option(
  fc.array(
    fc.option(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('\\', '"', '\\"', '\\\\"]', '"sourcesContent":["', '"sections"', ''),
      ),
    ),
  ),
);
const map = fc.record(
  {
    version: fc.constant(3),
    x_own: fc.anything({ maxDepth: 2, values: [fc.constantFrom('sourcesContent', 'a"b\\', 1)] }),
    sources: fc.constant(['a.ts', 'b.ts', null, 'c.ts']),
    sourcesContent: contents,
    names: fc.array(fc.constantFrom('a', 'sourcesContent', '"', '\\')),
    mappings: fc.constant('AAAA,CCCA;ACAA'),
  },
  { requiredKeys: ['version', 'sources', 'mappings'] },
);
/** In any order of the fields. */
const shuffled = map.chain((fields) =>
  fc
    .shuffledSubarray(Object.keys(fields), { minLength: Object.keys(fields).length })
    .map((keys) => Object.fromEntries(keys.map((key) => [key, fields[key as keyof typeof fields]]))),
);
const anyMap = fc.oneof(
  shuffled,
  fc.array(shuffled, { maxLength: 3 }).map((maps) => ({
    version: 3,
    sections: maps.map((one, line) => ({ offset: { line: 2 * line, column: 0 }, map: one })),
  })),
);

function allOf(map: SourceMap): unknown {
  return [map.sources, map.sources.map((_, index) => map.contentOf(index)), [...map.namesOf([0, 1, 2, 9])]];
}

describe('a map that is read in pieces', () => {
  it('has all that one has that is read as a whole, and no text of its sources in memory', () => {
    fc.assert(
      fc.property(anyMap, fc.integer({ min: 24, max: 90 }), fc.boolean(), (json, pieceBytes, isPretty) => {
        const whole = bytesOf(JSON.stringify(json, null, isPretty ? 2 : 0));
        const text = readMapText(piecesOf(whole), pieceBytes);
        assert.ok(text !== undefined);
        assert.deepEqual(allOf(new SourceMap(text)), allOf(new SourceMap(whole)));
        const left = JSON.parse(new TextDecoder().decode(text.bytes)) as {
          sourcesContent?: unknown;
          sections?: { map: { sourcesContent?: unknown } }[];
        };
        const lists = (left.sections?.map(({ map }) => map) ?? [left]).map(
          ({ sourcesContent }) => sourcesContent ?? [],
        );
        // Another field may have had the first one.
        if (!JSON.stringify(json).includes('"x_own"')) assert.deepEqual(lists.flat(), []);
      }),
    );
  });

  it('is read as a whole where it is cut short, or no map', () => {
    const whole = bytesOf(JSON.stringify({ version: 3, sourcesContent: ['a\\"b', null, ''], mappings: '' }));
    for (let length = 0; length < whole.length; length++) {
      const text = readMapText(piecesOf(whole.subarray(0, length)), 24);
      if (text !== undefined) assert.throws(() => new SourceMap(text), SourceMapError);
    }
    for (const list of ['[1]', '["a" "b"]', '[nul]', '[["a"]]', '["a",']) {
      assert.equal(readMapText(piecesOf(bytesOf(`{"sourcesContent":${list}}`)), 24), undefined, list);
    }
  });

  it('is a file whose sources are read from it when they are asked for, unless it is another one then', (t) => {
    const folder = new Folder(t);
    const sourcesContent = Array.from({ length: 40 }, (_, index) => `// ${index} "\\\n`.repeat(5000));
    const sources = sourcesContent.map((_, index) => `${index}.ts`);
    const path = folder.write('a.js.map', JSON.stringify({ version: 3, sources, sourcesContent, mappings: 'AAAA' }));
    const text = diskFiles.readMap?.(path);
    assert.ok(text !== undefined && text.bytes.length < 1000 && statSync(path).size > 2 ** 21);
    const map = new SourceMap(text);
    assert.equal(map.contentOf(39), sourcesContent[39]);
    assert.equal(map.contentOf(40), undefined);
    renameSync(folder.write('other.map', '{}'), path);
    assert.throws(
      () => map.contentOf(0),
      (error) => error instanceof SourceMapError && error.message.endsWith('has changed while it was read'),
    );
    // Small ones are read as a whole.
    assert.equal(diskFiles.readMap?.(path), undefined);
    assert.equal(diskFiles.readMap?.(`${path}.none`), undefined);
  });
});
