import assert from 'node:assert/strict';
import { run } from '../cli/command.js';

/** A program that uses every entry, and says where a type has to refuse. */
export const program = `
import { writeFileSync } from 'node:fs';
import { getLabels, Profile, ProfbufError, type Profiler, setLabels, startProfiler, withLabels } from 'profbuf';
import { allocate, ProfBufError, ProfBufReader, ProfBufWriter } from 'profbuf/buffer';
import { expressLabels } from 'profbuf/express';
import { fastifyLabels } from 'profbuf/fastify';
import { pprofFetch, pprofHandler } from 'profbuf/http';
import { labelSpans, ProfileSpanProcessor } from 'profbuf/opentelemetry';
import 'profbuf/register';

export async function profile(): Promise<number> {
  // @ts-expect-error
  await startProfiler({ sampleRate: '100' });
  const profiler: Profiler = await startProfiler({ stall: { onStall: ({ durationMs }) => console.log(durationMs.toFixed()) } });
  const answer: number = withLabels({ route: '/x' }, () => 1);
  // @ts-expect-error
  setLabels({ route: true });
  setLabels(getLabels());
  const bytes = await (await profiler.stop()).encode();
  // Asks TypeScript 5.9 and later for bytes in memory that is not shared.
  structuredClone(bytes, { transfer: [bytes.buffer] });
  const own: ArrayBuffer | ReturnType<typeof Uint8Array.from>['buffer'] = bytes.buffer;
  writeFileSync('x', bytes);
  return answer + own.byteLength + Profile.merge(Profile.decode(bytes)).top(3).length;
}
export function codeOf(error: unknown): string {
  if (error instanceof ProfbufError) {
    const { code } = error;
    // @ts-expect-error
    if (code === 'ERR_OTHER') return '';
    return code;
  }
  if (error instanceof ProfBufError) return error.code;
  return new ProfbufError('ERR_PROFBUF_FAILED', '', { cause: error }).message;
}
export function losses(): number {
  const shared = allocate({ words: 1024 });
  new ProfBufWriter(shared).write(1, 2, [], []);
  let lost = 0;
  for (const record of new ProfBufReader(shared)) lost += record.lost;
  return lost;
}
export const all = [expressLabels(), fastifyLabels, pprofFetch, pprofHandler(), labelSpans, new ProfileSpanProcessor()];
`;

/** What there is in browsers and in every older setting: no types of Node, no ES2022. */
export const bufferProgram = `
import { allocate, ProfBufError, ProfBufReader, ProfBufWriter } from 'profbuf/buffer';

export const writer = new ProfBufWriter(allocate({ words: 1024 }));
export function depth(shared: SharedArrayBuffer): number {
  return new ProfBufReader(shared).next()?.depth ?? 0;
}
export const codeOf = (error: unknown) => (error instanceof ProfBufError ? error.code : '');
`;

/** Nothing is left out: the declarations of the package are checked as the program is. */
const common = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--exactOptionalPropertyTypes', '--pretty', 'false'];

/** Where a project's settings can have it, with the file to compile. */
export const settings = {
  'module commonjs, moduleResolution node10': ['--module commonjs --moduleResolution node10', 'app.ts'],
  'module esnext, moduleResolution node10': ['--module esnext --moduleResolution node10', 'app.ts'],
  'module commonjs, moduleResolution bundler': ['--module commonjs --moduleResolution bundler', 'app.ts'],
  'module esnext, moduleResolution bundler': ['--module esnext --moduleResolution bundler', 'app.ts'],
  'module node16, a CommonJS file': ['--module node16', 'app.cts'],
  'module node16, an ES module': ['--module node16', 'app.mts'],
  'module node18, a CommonJS file': ['--module node18', 'app.cts'],
  'module nodenext, a CommonJS file': ['--module nodenext', 'app.cts'],
  'module nodenext, an ES module': ['--module nodenext', 'app.mts'],
} as const;

export type Setting = keyof typeof settings;

/** The compiler says nothing of the program. */
export async function compiles(tsc: string, folder: string, setting: Setting): Promise<void> {
  const [flags, file] = settings[setting];
  await check(tsc, folder, [...flags.split(' '), '--target', 'es2022', '--types', 'node', file]);
}

/** Nor of the buffer alone, with nothing but ES2020. */
export async function compilesBuffer(tsc: string, folder: string): Promise<void> {
  const flags = ['--module', 'node16', '--target', 'es2020', '--lib', 'es2020', '--typeRoots', 'none'];
  await check(tsc, folder, [...flags, 'buffer.cts']);
}

async function check(tsc: string, folder: string, args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await run(process.execPath, [tsc, ...common, ...args], { cwd: folder });
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' });
}
