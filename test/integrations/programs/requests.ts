import { setTimeout as timeout } from 'node:timers/promises';
import { startProfiler } from 'profbuf';
import { namedFunction, samplesOf } from '../../labels/programs/samples.js';

const functions = new Map<string, (microseconds: number) => void>();

/** Works in a function of its own, before and after an await. */
export async function work(name: string): Promise<void> {
  const busy = functions.get(name) ?? namedFunction(name);
  functions.set(name, busy);
  busy(3000);
  await timeout(1);
  busy(3000);
}

/** Samples a server while it answers each request several times, some of them at once; writes the samples. */
export async function sampleRequests(origin: string, requests: readonly (readonly [path: string, body?: object])[]) {
  const profiler = await startProfiler({ sampleRate: 1000 });
  for (let round = 0; round < 12; round++) {
    await Promise.all(
      requests.map(async ([path, body]) => {
        const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
        const response = await fetch(origin + path, body === undefined ? {} : post);
        await response.text();
      }),
    );
  }
  process.stdout.write(JSON.stringify(samplesOf(await profiler.stop())), () => process.exit());
}
