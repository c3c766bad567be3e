// Run by ../source-maps.ts, once for each measurement: node libraries.js <library> <map> <positions>
// From the bytes of a map to the answers of a sorted batch of positions, with everything that has to be loaded before.
import { readFileSync } from 'node:fs';

interface Place {
  readonly line: number;
  readonly column: number;
}

/** Lines and columns count from 0. Each gives the sum of the lines and columns that it found, so that all can be compared. */
const libraries: Readonly<Record<string, () => Promise<(path: string, places: readonly Place[]) => Promise<number>>>> =
  {
    nothing: async () => async () => 0,
    profbuf: async () => {
      const { SourceMap } = await import('#profbuf/profile/source-maps/source-map.js');
      const { lookUp } = await import('#profbuf/profile/source-maps/look-up.js');
      const { diskFiles } = await import('#profbuf/profile/source-maps/source-files.js');
      return async (path, places) => {
        const map = new SourceMap(diskFiles.readMap?.(path) ?? readFileSync(path));
        const { last } = lookUp(map, {
          lines: places.map(({ line }) => line),
          columns: places.map(({ column }) => column),
        });
        return places.reduce(
          (sum, _, i) => sum + sumOf(last.line[i], last.originalColumn[i], last.source[i] !== -1),
          0,
        );
      };
    },
    '@jridgewell/trace-mapping': async () => {
      const { TraceMap, originalPositionFor } = await import('@jridgewell/trace-mapping');
      return async (path, places) => {
        const map = new TraceMap(JSON.parse(readFileSync(path, 'utf8')));
        return places.reduce((sum, { line, column }) => {
          const found = originalPositionFor(map, { line: line + 1, column });
          return sum + sumOf((found.line ?? 0) - 1, found.column, found.line !== null);
        }, 0);
      };
    },
    'source-map': async () => {
      const { SourceMapConsumer } = await import('source-map');
      return async (path, places) => {
        const map = await new SourceMapConsumer(readFileSync(path, 'utf8'));
        const total = places.reduce((sum, { line, column }) => {
          const found = map.originalPositionFor({ line: line + 1, column });
          return sum + sumOf((found.line ?? 0) - 1, found.column, found.line !== null);
        }, 0);
        map.destroy();
        return total;
      };
    },
    'source-map-js': async () => {
      const { SourceMapConsumer } = await import('source-map-js');
      return async (path, places) => {
        const map = new SourceMapConsumer(JSON.parse(readFileSync(path, 'utf8')));
        return places.reduce((sum, { line, column }) => {
          const found = map.originalPositionFor({ line: line + 1, column });
          return sum + sumOf((found.line ?? 0) - 1, found.column, found.line !== null);
        }, 0);
      };
    },
    'node:module': async () => {
      const { SourceMap } = await import('node:module');
      return async (path, places) => {
        const map = new SourceMap(JSON.parse(readFileSync(path, 'utf8')));
        return places.reduce((sum, { line, column }) => {
          const found = map.findEntry(line, column) as { originalLine?: number; originalColumn?: number };
          return sum + sumOf(found.originalLine, found.originalColumn, found.originalLine !== undefined);
        }, 0);
      };
    },
  };

function sumOf(line: number | undefined, column: number | null | undefined, isFound: boolean): number {
  return isFound ? (line ?? 0) + (column ?? 0) : 0;
}

const [library = '', path = '', placesPath = ''] = process.argv.slice(2);
const places = JSON.parse(readFileSync(placesPath, 'utf8')) as Place[];
const load = libraries[library];
if (load === undefined) throw new Error(`no library ${library}`);
const answer = await load();
const cpuBefore = process.cpuUsage();
const start = performance.now();
const sum = await answer(path, places);
const milliseconds = performance.now() - start;
const { user, system } = process.cpuUsage(cpuBefore);
// On Linux the other figure begins with that of the process that has started this one.
const [, peakKB = process.resourceUsage().maxRSS] =
  process.platform === 'linux' ? (/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? []) : [];
const peakMB = Number(peakKB) / 1024;
process.stdout.write(JSON.stringify({ milliseconds, cpuMs: (user + system) / 1000, peakMB, sum }));
