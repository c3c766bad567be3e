import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Profile } from 'profbuf';
import type { Runtime } from '../../runtimes.js';

/*
 * A program in TypeScript whose hot functions are written in as many ways as there are: each one works by itself for a while. The
 * comment at the end of a line says what a profile is to call the function that is written there, which is a hot one behind `//=`.
 */

/** Work that takes some 20 ms, and that no compiler takes out. */
const loop = 'let sum = 0; for (let i = 0; i < WORK; i++) sum += Math.sqrt(i ^ sum); return sum;';

const main = `import { type Options, run } from './shapes';
import work, { Feed } from './work';
interface Options2 {
  readonly a: number;
}

function step(n: number): number { //= step
  LOOP
}

const arrow = (options: Options, ms: number): number => { //= arrow
  LOOP
};

const later: (ms: number) => Promise<number> = async (ms: number) => { //= later
  await null;
  LOOP
};

function outer(): number { //~ outer
  function nested<T extends Options2>(value: T): number { //= nested
    LOOP
  }
  return nested({ a: 1 });
}

function generic<T>(value: T[]): number { //= generic
  LOOP
}

let total = step(1) + arrow({ a: 1 }, 2) + outer() + generic([1]) + work(1) + run({ a: 1 });
later(1).then((value) => { //~
  total += value + new Feed().read();
  if (total === 1) console.log(total);
});
`;

const work = `export default function (n: number): number { //= default
  LOOP
}

function step(n: number): number { //= step
  LOOP
}

function* items(count: number): Generator<number> { //= items
  for (let j = 0; j < count; j++) yield (() => { //=
    LOOP
  })();
}

export class Feed {
  private readonly entries: number[] = [];
  #state: number;
  readonly handler = (event: { id: number }): number => { //= handler
    LOOP
  };

  constructor() { //~ Feed
    this.#state = this.#secret(3) + this.handler({ id: 1 });
  }

  static make<T>(value: T): number { //= make
    LOOP
  }

  get size(): number { //= get size
    LOOP
  }

  #secret(n: number): number { //= #secret
    LOOP
  }

  private parse(text: string): number { //= parse
    LOOP
  }

  read(): number { //~ read
    let sum = this.size + Feed.make(1) + this.parse('a') + step(2) + tools.format(1) + tools.print('a');
    for (const item of items(1)) sum += item;
    return sum + this.#state;
  }
}

const tools = {
  format(value: number): number { //= format
    LOOP
  },
  print: (text: string): number => { //= print
    LOOP
  },
};
`;

const shapes = `export interface Options {
  readonly a: number;
}

export namespace Geometry { //~
  export function area(options: Options): number { //= area
    LOOP
  }
}

class Shape {
  value: number;
  constructor(options: Options) { //= Shape
    this.value = this.fill(options.a);
    let sum = 0; for (let i = 0; i < WORK; i++) sum += Math.sqrt(i ^ sum); this.value += sum;
  }

  fill(n: number): number { //= fill
    LOOP
  }
}

export function run(options: Options): number { //~ run
  return Geometry.area(options) + new Shape(options).value;
}
`;

export interface HotFunction {
  readonly isHot: boolean;
  /** Empty for one that has none. */
  readonly name: string;
  /** In the folder. */
  readonly file: string;
  readonly line: number;
}

/** Writes `src/main.ts` and two more; they say in their comments what they have. */
export function writeHotProgram(folder: string, iterations = 10_000_000): HotFunction[] {
  mkdirSync(join(folder, 'src'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "hot-program" }');
  return Object.entries({ 'main.ts': main, 'work.ts': work, 'shapes.ts': shapes }).flatMap(([file, template]) => {
    const text = template.replaceAll('LOOP', loop).replaceAll('WORK', String(iterations));
    writeFileSync(join(folder, 'src', file), text);
    return text.split('\n').flatMap((line, i) => {
      const [, kind, name] = /\/\/([=~]) ?(.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [{ isHot: kind === '=', name, file: join('src', file), line: i + 1 }];
    });
  });
}

/** What a profile has of them: samples of each hot one, by the line where it begins, and functions of these files that are none. */
export function foundFunctions(profile: Profile, folder: string, written: readonly HotFunction[]) {
  const { samples, locations, functions } = profile.model;
  const leaves = new Map<string, number>();
  const keyOf = (index: number) => {
    const { name = '', filename = '', startLine = 0 } = functions[index] ?? {};
    return `${shownName(name)} ${filename}:${startLine}`;
  };
  for (const { stack, values } of samples) {
    const [line] = locations[stack[0] ?? -1]?.lines ?? [];
    const key = keyOf(line?.function ?? -1);
    leaves.set(key, (leaves.get(key) ?? 0) + Number(values[0]));
  }
  const writtenKey = ({ name, file, line }: HotFunction) => `${name} ${join(folder, file)}:${line}`;
  const known = new Set(written.map(writtenKey));
  // Modules' own code.
  for (const { file } of written) known.add(` ${join(folder, file)}:1`);
  const hot = written
    .filter(({ isHot }) => isHot)
    .map((one) => ({ ...one, samples: leaves.get(writtenKey(one)) ?? 0 }));
  const keys = functions.map((_, index) => keyOf(index));
  return {
    found: hot.filter(({ samples }) => samples > 0),
    lost: hot.filter(({ samples }) => samples === 0),
    // What a class does without a function is the class's, at a line that depends on the version of Node.
    wrong: keys.filter(
      (key) =>
        key.includes(` ${join(folder, 'src')}`) &&
        !key.includes('.cjs') &&
        // Helpers that a tool puts into every file, and that say what they are.
        !key.includes(' (transformed):') &&
        !known.has(key) &&
        !/^(?:Feed|Shape|<\w+>) \S+:\d+$/.test(key),
    ),
  };
}

/** Without what tells functions apart that have one name, or none. */
function shownName(name: string): string {
  return name
    .replace(/^\(anonymous .*\)$/, '')
    .replace(/ \(.*\)$/, '')
    .replace(/^.*\.(?=[\w#]+$)/, '');
}

/** In one line nobody can tell what V8 has inlined, which is under its caller then, before Node 26. */
export function assertFound(
  profile: Profile,
  folder: string,
  written: readonly HotFunction[],
  { major }: Runtime,
): void {
  const { lost, wrong } = foundFunctions(profile, folder, written);
  assert.deepEqual(wrong, []);
  assert.ok(
    lost.length <= (major < 26 ? 4 : 0),
    `${JSON.stringify(lost)}\n${profile.topTable()}\n${profile.model.comments.join('\n')}`,
  );
}
