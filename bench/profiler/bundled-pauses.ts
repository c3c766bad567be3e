import { statSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { Profile } from 'profbuf';

/**
 * Makes the program of pauses.cjs one minified file with a map, beside packages that nobody calls, which make both large. Its deep
 * functions are in it as text: of those that `new Function` makes, no map knows.
 * @returns the file's and the map's size, in bytes.
 */
export async function bundlePauses(programs: string, outfile: string): Promise<{ code: number; map: number }> {
  const deep = Array.from(
    { length: 40 },
    (_, i) => `bound.push(function deep${i}(work, depth, seed) {
      return depth === 0 ? work() : bound[seed % bound.length](work, depth - 1, (Math.imul(seed, 1103515245) + 12345) >>> 1) + ${i};
    });`,
  );
  const contents = `const bound = [];\n${deep.join('\n')}
    exports.run = (until, work) => {
      for (let i = 0; performance.now() < until; i++) bound[i % bound.length](work, 60, Math.imul(i, 2654435761) >>> 1);
    };`;
  const packages = ['ts5', 'rollup', 'ajv', 'fast-check'].map((name) => `require(${JSON.stringify(name)});`).join('');
  await build({
    stdin: { contents: `require('./pauses.cjs'); if (globalThis.never) { ${packages} }`, resolveDir: programs },
    plugins: [
      {
        name: 'deep',
        setup: ({ onLoad }) => onLoad({ filter: /deep-stacks\.cjs$/ }, () => ({ contents, loader: 'js' })),
      },
    ],
    bundle: true,
    minify: true,
    sourcemap: true,
    platform: 'node',
    format: 'cjs',
    outfile,
    external: ['fsevents'],
    logLevel: 'error',
  });
  return { code: statSync(outfile).size, map: statSync(`${outfile}.map`).size };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Has the collector give out profiles, second by second, until it is told to stop. */
export class Asking {
  readonly #port: number;
  #isOver = false;
  readonly #asked: Promise<void>;
  /** How many were given out, and how many of them had functions of a source. */
  given = 0;
  mapped = 0;

  constructor(port: number, afterMs: number) {
    this.#port = port;
    this.#asked = this.#ask(afterMs);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#asked;
  }

  async #ask(afterMs: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    while (!this.#isOver) {
      const bytes = await this.#profile();
      if (bytes === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        continue;
      }
      this.given++;
      if (Profile.decode(bytes).model.functions.some(({ filename }) => filename.endsWith('pauses.cjs'))) this.mapped++;
    }
  }

  /** `undefined` when the program is not there any more. */
  #profile(): Promise<Uint8Array | undefined> {
    return new Promise((resolve) => {
      const asked = request(
        { port: this.#port, host: '127.0.0.1', path: '/debug/pprof/profile?seconds=1' },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => resolve(answer.statusCode === 200 ? Buffer.concat(chunks) : undefined));
          answer.on('error', () => resolve(undefined));
        },
      );
      asked.on('error', () => resolve(undefined));
      asked.end();
    });
  }
}

/** What a run is named by. */
export const mapUses = ['bare', 'without maps', 'with maps'] as const;

export const bundleIn = (folder: string) => join(folder, 'bundle.cjs');
