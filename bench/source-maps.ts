// 5,000 positions in a map of 16 MB, from its bytes to the answers: time and memory beside the libraries, each in a process of its
// own. The map is that of a real bundle, made here.
// node build/bench/source-maps.js [rounds]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { Comparison, spread } from './comparison.js';
import { median } from './median.js';

const positionCount = 5000;
const rounds = Number(process.argv[2] ?? 9);
const contenders = [
  'nothing',
  'profbuf',
  '@jridgewell/trace-mapping',
  'source-map',
  'source-map-js',
  'node:module',
] as const;
const program = fileURLToPath(new URL('source-maps/libraries.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'profbuf-source-maps-'));

/** The map of all of these packages in one file, without a source's text where the map would be larger than is wanted. */
async function makeMap(minify: boolean): Promise<{ map: string; places: string; size: number }> {
  const { outputFiles } = await build({
    stdin: {
      contents: ['ts5', 'rollup', 'ajv', 'fast-check'].map((name) => `import ${JSON.stringify(name)};`).join(''),
      resolveDir: '.',
    },
    bundle: true,
    write: false,
    sourcemap: true,
    platform: 'node',
    format: 'esm',
    minify,
    outfile: 'bundle.js',
    external: ['fsevents'],
    logLevel: 'error',
  });
  const name = minify ? 'minified' : 'plain';
  const map = join(folder, `${name}.js.map`);
  const bytes = outputFiles.find(({ path }) => path.endsWith('.map'))?.contents ?? new Uint8Array();
  writeFileSync(map, bytes);
  const text = outputFiles.find(({ path }) => path.endsWith('.js'))?.text ?? '';
  const all = text
    .split('\n')
    .flatMap((content, line) => [...content.matchAll(/\((?=\w)/g)].map(({ index }) => ({ line, column: index + 1 })));
  const step = all.length / positionCount;
  const chosen = Array.from({ length: positionCount }, (_, i) => all[Math.floor(i * step)]);
  const places = join(folder, `${name}.json`);
  writeFileSync(places, JSON.stringify(chosen));
  return { map, places, size: statSync(map).size };
}

try {
  for (const minify of [false, true]) {
    const { map, places, size } = await makeMap(minify);
    const sums = new Map<string, number>();
    const comparison = await Comparison.of(contenders, rounds, async (contender) => {
      const output = execFileSync(process.execPath, [program, contender, map, places], { encoding: 'utf8' });
      const { sum, ...measured } = JSON.parse(output) as Record<'milliseconds' | 'cpuMs' | 'peakMB' | 'sum', number>;
      sums.set(contender, sum);
      return measured;
    });
    if (new Set([...sums.values()].filter((sum) => sum !== 0)).size > 1)
      throw new Error(`they do not agree: ${[...sums]}`);
    console.log(
      `\n${positionCount} positions, ${minify ? 'minified' : 'not minified'}, a map of ${(size / 1e6).toFixed(1)} MB, Node ${process.versions.node}, ${rounds} rounds: median [least … most]`,
    );
    for (const contender of contenders.slice(1)) {
      const time = spread(comparison.values(contender, 'milliseconds'), 0);
      const cpu = spread(comparison.values(contender, 'cpuMs'), 0);
      const memory = spread(comparison.addedToBaseline(contender, 'peakMB'), 0);
      console.log(
        `${contender.padEnd(26)} ${time.padStart(18)} ms  CPU ${cpu.padStart(18)} ms  peak +${memory.padStart(16)} MB`,
      );
    }
    const others = contenders.slice(2);
    const best = (key: 'cpuMs' | 'peakMB') => (contender: (typeof contenders)[number]) =>
      median(key === 'peakMB' ? comparison.addedToBaseline(contender, key) : comparison.values(contender, key));
    const fastest = Math.min(...others.map(best('cpuMs')));
    const smallest = Math.min(...others.map(best('peakMB')));
    console.log(
      `${(fastest / best('cpuMs')('profbuf')).toFixed(1)} times less CPU than the fastest of them, and ${(best('peakMB')('profbuf') / smallest).toFixed(2)} of the least memory`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
