import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { InlinedFunctions } from '#profbuf/collector/sampling/inlining/inlined-functions.js';
import { SeenFunctions } from '#profbuf/collector/sampling/inlining/seen-functions.js';
import { SourceFiles } from '#profbuf/collector/sampling/inlining/source-files.js';
import type { V8Node } from '#profbuf/collector/sampling/window.js';
import { Folder } from '../../../cli/command.js';
import '../../../seed.js';

/** Files on disk, and what V8 has seen of them. In their texts, a function called `f` is the one whose ticks are looked at. */
class World {
  readonly folder: Folder;
  readonly seen = new SeenFunctions();
  readonly files = new SourceFiles();
  readonly inlined = new InlinedFunctions(this.seen, this.files);
  #nodes = 0;

  constructor(test: { after(clear: () => void): void }, texts: Readonly<Record<string, string>>) {
    this.folder = new Folder(test);
    for (const [name, text] of Object.entries(texts)) this.folder.write(name, text);
  }

  /** A node for the function whose parameters follow the name, with its callees below. */
  node(name: string, place: string, callees: readonly V8Node[] = []): V8Node {
    const path = `${this.folder.path}/${name}`;
    const text = readFileSync(path, 'utf8');
    const before = text.slice(0, text.indexOf(place) + place.length).split('\n');
    const callFrame = {
      functionName: place.trim(),
      url: `file://${path}`,
      lineNumber: before.length - 1,
      columnNumber: before.at(-1)?.length ?? 0,
    };
    return { id: ++this.#nodes, callFrame, children: callees.map(({ id }) => id) };
  }

  /** To whom a tick of `f` on that line belongs: names from the leaf, `own` or `unknown`. */
  ownerOf(line: number, nodes: readonly V8Node[], name = 'app.cjs'): string {
    this.seen.add(nodes);
    const f = this.seen
      .add([this.node(name, 'function f')])
      .values()
      .next().value;
    assert.ok(f);
    const owner = this.inlined.ownerOf(f, line);
    return owner.kind === 'inlined' ? owner.functions.map(({ functionName }) => functionName).join(' < ') : owner.kind;
  }
}

describe('a tick that V8 has counted for a function, with a line', () => {
  it("is the function's own on its lines, its first one and its closing bracket", (t) => {
    const world = new World(t, { 'app.cjs': 'function f(x) {\n  return x + 1;\n}\n' });
    for (const line of [1, 2, 3]) assert.equal(world.ownerOf(line, []), 'own');
  });

  it('belongs to the function of the file that has code there, by the calls that lead to it', (t) => {
    const world = new World(t, {
      'app.cjs':
        'function leaf(x) {\n  return x + 1;\n}\nfunction between(x) {\n  return leaf(x);\n}\nfunction f(x) {\n  return between(x);\n}\n',
    });
    assert.equal(world.ownerOf(2, []), 'leaf < between');
    assert.equal(world.ownerOf(5, []), 'between');
  });

  it('belongs to the only function that has code there though no call of it is known', (t) => {
    const world = new World(t, {
      'app.cjs': 'const all = [\n  (x) =>\n    x + 1,\n];\nfunction f(x) {\n  return x(1);\n}\n',
    });
    assert.equal(world.ownerOf(3, []), '');
  });

  it('belongs to a function inside of it, like any other', (t) => {
    const world = new World(t, {
      'app.cjs': 'function f(list) {\n  return list.map(\n    (x) => {\n      return x + 1;\n    });\n}\n',
    });
    assert.equal(world.ownerOf(4, []), '');
    assert.equal(world.ownerOf(2, []), 'own');
  });

  it('belongs to a function of a file that is imported, seen or not', (t) => {
    const lib = `${'\n'.repeat(50)}exports.help = (x) => {\n  return x + 1;\n};\n`;
    const world = new World(t, {
      'app.cjs': "const { help } = require('./lib.cjs');\nfunction f(x) {\n  return help(x);\n}\n",
      'app.mjs': "import * as lib from './lib.cjs';\nfunction f(x) {\n  return lib.help(x);\n}\n",
      'lib.cjs': lib,
    });
    assert.equal(world.ownerOf(52, []), 'exports.help');
    assert.equal(world.ownerOf(52, [], 'app.mjs'), 'exports.help');
  });

  it('belongs to whom the function was seen to call rather than to whom it may call by name', (t) => {
    const world = new World(t, {
      'app.cjs': "const near = require('./near.cjs');\nfunction f(x) {\n  return x.get();\n}\n",
      'near.cjs': '\n\n\n\n\n\n\n\n\nexports.get = () => {\n  return 1;\n};\n',
      'far.cjs': '\n\n\n\n\n\n\n\n\nfunction other() {\n  return 2;\n}\n',
    });
    assert.equal(world.ownerOf(11, []), 'exports.get');
    const other = world.node('far.cjs', 'function other');
    assert.equal(world.ownerOf(11, [world.node('app.cjs', 'function f', [other]), other]), 'function other');
  });

  it('is of nobody known where two functions are as near, none has code there, or none can be inlined', (t) => {
    const world = new World(t, {
      'app.cjs': [
        'const a = (x) => x + 1, b = (x) => x + 2;',
        'async function later(x) { await x; }',
        'function* some(x) { yield x; }',
        `function large(x) { return ${'x + '.repeat(500)} 1; }`,
        'function f(x) {',
        '  return a(x) + b(x) + large(x) + some(later(x));',
        '}',
      ].join('\n'),
    });
    for (const line of [1, 2, 3, 4, 100]) assert.equal(world.ownerOf(line, []), 'unknown', String(line));
  });

  it('is left as it is where a function does not begin where V8 says: the file has changed', (t) => {
    const world = new World(t, {
      'app.cjs': 'function leaf(x) {\n  return x + 1;\n}\nfunction f(x) {\n  return leaf(x);\n}\n',
    });
    const elsewhere = world.node('app.cjs', 'function leaf(');
    assert.equal(world.ownerOf(2, []), 'leaf');
    // Certainly not its own: the function begins further down.
    assert.equal(world.ownerOf(2, [elsewhere]), 'unknown');
    assert.equal(world.ownerOf(7, [elsewhere]), 'own');
  });

  it('is left as it is where there is no file', (t) => {
    const world = new World(t, { 'app.cjs': 'function f(x) {\n  return x;\n}\n' });
    const callFrame = { functionName: 'f', url: 'evalmachine.<anonymous>', lineNumber: 5, columnNumber: 10 };
    const evaluated = world.seen
      .add([{ id: 1, callFrame }])
      .values()
      .next().value;
    assert.ok(evaluated);
    assert.deepEqual(world.inlined.ownerOf(evaluated, 9), { kind: 'own' });
    assert.deepEqual(world.inlined.ownerOf(evaluated, 3), { kind: 'unknown' });
  });

  it("belongs to Node's own functions only by calls that were seen", (t) => {
    const world = new World(t, { 'app.cjs': '\n\nfunction f(x) {\n  return x.push(performance.now());\n}\n' });
    const { lineNumber, columnNumber, line } = placeInNode('internal/perf/performance', 'now');
    const url = 'node:internal/perf/performance';
    const now: V8Node = { id: 1000, callFrame: { functionName: 'now', url, lineNumber, columnNumber } };
    assert.equal(world.ownerOf(line, []), 'unknown');
    assert.equal(world.ownerOf(line, [world.node('app.cjs', 'function f', [now]), now]), 'now');
  });
});

/** Of a function of Node: where its parameters begin, from 0, and the first line of its body, from 1. */
function placeInNode(file: string, name: string) {
  const { binding } = process as unknown as { binding(name: string): Readonly<Record<string, string>> };
  const text = binding('natives')[file] ?? '';
  const at = new RegExp(`(?:function|^) *${name}\\(`, 'm').exec(text);
  assert.ok(at);
  const before = text.slice(0, at.index + at[0].length - 1).split('\n');
  return { lineNumber: before.length - 1, columnNumber: before.at(-1)?.length ?? 0, line: before.length + 1 };
}

it('whatever the calls are: a tick is never given to a function without code on its line, nor to the function itself', (t) => {
  const names = ['f', 'g', 'h', 'i', 'j'];
  const call = fc.constantFrom(...names);
  const bodies = fc.array(fc.array(fc.oneof(call, fc.constant('')), { minLength: 1, maxLength: 4 }), {
    minLength: 5,
    maxLength: 5,
  });
  fc.assert(
    fc.property(bodies, fc.nat(30), (bodies, line) => {
      const lines: string[] = [];
      const ownLines = new Map<string, number[]>();
      bodies.forEach((body, i) => {
        const name = names[i] as string;
        const first = lines.length + 1;
        lines.push(`function ${name}(x) {`, ...body.map((callee) => (callee === '' ? '' : `  ${callee}(x);`)), '}');
        const own = lines.flatMap((text, k) => (k + 1 >= first && text !== '' ? [k + 1] : []));
        ownLines.set(name, own);
      });
      const world = new World(t, { 'app.cjs': lines.join('\n') });
      const owner = world.ownerOf(line, []);
      const isOwn = line === 1 || ownLines.get('f')?.includes(line);
      if (isOwn) assert.equal(owner, 'own');
      else if (owner !== 'unknown') {
        const [leaf = ''] = owner.split(' < ');
        assert.ok(leaf !== 'f' && ownLines.get(leaf)?.includes(line), `${owner} at ${line} of\n${lines.join('\n')}`);
      } else assert.ok(![...ownLines.values()].flat().includes(line));
    }),
    { numRuns: 100 },
  );
});
