import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/**
 * What of the engine works for a profiler, by the names of its functions; a stack belongs to the first kind of which it has
 * one. `code` is V8's record of code that is compiled, moved and thrown away, which it keeps while any profiler runs.
 */
const kinds = {
  start: /LogCompiledFunctions|LogExistingFunction|CollectSourcePositions|CpuProfiler::EnableLogging/,
  windows: /[iI]nspector|ConsoleProfile|CpuProfiler?::(Start|Stop|Delete)|ProfileTree|dd_pprof/,
  code: /ProfilerListener|CodeEventObserver|ProfilerCodeObserver|CodeCreateEvent|StringsStorage|OnMoveEvent|CodeDeoptEvent/,
  signals: /SignalHandler|TickSample|CpuSampler|__restore_rt/,
} as const;

export type Kind = keyof typeof kinds;

/** Percent of the processor time of a program's main thread, by kind, as `perf` (Debian: linux-perf) finds it. */
export async function attribute(
  flags: readonly string[],
  env: NodeJS.ProcessEnv,
  folder: string,
): Promise<Record<Kind, number>> {
  const file = join(folder, 'perf.data');
  // Not inherited: by the main thread alone. The innermost 8 KB of a stack hold what belongs to the engine.
  const recording = ['record', '-q', '-i', '-m', '32M', '-F', '1999', '--call-graph', 'dwarf,8192', '-e', 'cpu-clock'];
  await promisify(execFile)('perf', [...recording, '-o', file, process.execPath, ...flags], { cwd: folder, env });
  const script = spawn('perf', ['script', '--no-inline', '-i', file, '-F', 'tid,ip,sym,dso'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const closed = once(script, 'close');
  const found: Record<Kind, number> = { start: 0, windows: 0, code: 0, signals: 0 };
  let samples = 0;
  let stack = '';
  for await (const line of createInterface({ input: script.stdout })) {
    if (line !== '') {
      stack += `${line}\n`;
      continue;
    }
    samples++;
    const kind = (Object.keys(kinds) as Kind[]).find((name) => kinds[name].test(stack));
    if (kind !== undefined) found[kind]++;
    stack = '';
  }
  const [code] = await closed;
  if (code !== 0 || samples === 0) throw new Error(`perf script ended with ${code}, after ${samples} samples`);
  for (const kind of Object.keys(kinds) as Kind[]) found[kind] *= 100 / samples;
  return found;
}
