import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CpuDensities } from '#profbuf/collector/sampling/cpu-densities.js';
import { CpuTimeline } from '#profbuf/collector/sampling/cpu-timeline.js';
import { weigh } from '#profbuf/collector/sampling/sample-weights.js';
import '../../seed.js';

const periodMicros = 10_000;

/** A thread's time in milliseconds: what it did, and whether that took CPU time or only time. */
interface Stretch {
  readonly name: string;
  readonly ms: number;
  readonly does: 'work' | 'wait' | 'idle' | 'system call';
}

/** What V8 and the clock tell of a thread that does the stretches one after the other. */
function observed(stretches: readonly Stretch[], lookMs = 5) {
  const samples: { timeMicros: number; stack: number; isIdle: boolean; hasJavaScript: boolean; name: string }[] = [];
  const timeline = new CpuTimeline(0, 0);
  let [now, cpu] = [0, 0];
  let sampleAt = periodMicros;
  let lookAt = lookMs * 1000;
  for (const { name, ms, does } of stretches) {
    const end = now + ms * 1000;
    const works = does === 'work' || does === 'system call';
    for (; lookAt <= end; lookAt += lookMs * 1000)
      timeline.add(lookAt, works ? (cpu + lookAt - now) * 1000 : cpu * 1000);
    // A tick that comes during a system call is taken when it returns.
    if (does === 'system call' && sampleAt <= end) sampleAt = end;
    for (; sampleAt <= end; sampleAt += periodMicros)
      samples.push({ timeMicros: sampleAt, stack: 0, isIdle: does === 'idle', hasJavaScript: true, name });
    if (works) cpu += end - now;
    now = end;
  }
  timeline.add(now + 1, cpu * 1000);
  return { samples, timeline, cpuNanos: cpu * 1000, endMicros: now };
}

function weights({ samples, timeline }: ReturnType<typeof observed>, frozenMicros = (_from: number, _to: number) => 0) {
  return weigh(samples, {
    fromMicros: 0,
    periodMicros,
    cpu: timeline,
    densities: new CpuDensities(),
    functionOf: (sample) => (sample as { name?: string }).name ?? '',
    owedNanos: 0,
    frozenMicros,
  });
}

function sharesOf(thread: ReturnType<typeof observed>): Record<string, number> {
  const { cpuNanos } = weights(thread);
  const total = cpuNanos.reduce((sum, nanos) => sum + nanos, 0);
  const shares: Record<string, number> = {};
  thread.samples.forEach(({ name }, i) => {
    shares[name] = (shares[name] ?? 0) + (100 * (cpuNanos[i] ?? 0)) / total;
  });
  return shares;
}

function repeated(times: number, ...stretches: Stretch[]): Stretch[] {
  return Array.from({ length: times }, () => stretches).flat();
}

describe('what a sample stands for', () => {
  it('is no CPU time during a wait, however often V8 samples it', () => {
    const shares = sharesOf(
      observed(repeated(3, { name: 'compile', ms: 157, does: 'work' }, { name: 'tool', ms: 603, does: 'wait' })),
    );
    ok((shares.tool ?? 0) < 0.5, JSON.stringify(shares));
  });

  it('is no CPU time during a wait where the clock was read as seldom as on a machine that is busy', () => {
    const thread = observed(
      repeated(3, { name: 'compile', ms: 157, does: 'work' }, { name: 'tool', ms: 603, does: 'wait' }),
      70,
    );
    const { tool = 0 } = sharesOf(thread);
    ok(tool < 3, `${tool} %`);
  });

  it('is all of a long system call, which V8 samples once', () => {
    const { write = 0 } = sharesOf(
      observed(
        repeated(10, { name: 'write', ms: 66, does: 'system call' }, { name: 'calculate', ms: 304, does: 'work' }),
      ),
    );
    ok(Math.abs(write - (100 * 66) / 370) < 1.5, `${write} %`);
  });

  it('is the time since the sample before, but for the freeze of the whole process', () => {
    const thread = observed([{ name: 'work', ms: 50, does: 'work' }]);
    const frozen = (from: number, to: number) => Math.max(0, Math.min(to, 36_000) - Math.max(from, 24_000));
    const { wallNanos } = weights(thread, frozen);
    equal(
      wallNanos.reduce((sum, nanos) => sum + nanos, 0),
      38e6,
    );
  });

  it('adds up to what the clock says, whatever the thread does, and idle samples stand for none of it', () => {
    const stretch = fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      ms: fc.integer({ min: 1, max: 300 }),
      does: fc.constantFrom('work', 'wait', 'idle', 'system call'),
    }) satisfies fc.Arbitrary<Stretch>;
    fc.assert(
      fc.property(
        fc.array(stretch, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 100 }),
        (list, lookMs) => {
          const thread = observed(list, lookMs);
          const { cpuNanos, owedNanos } = weights(thread);
          const last = thread.samples.at(-1)?.timeMicros ?? 0;
          const given = cpuNanos.reduce((sum, nanos) => sum + nanos, 0) + owedNanos;
          // What lies behind the last sample is the next window's.
          const rest = thread.timeline.lastNanos - given;
          ok(rest >= -1 && rest <= (thread.endMicros - last + 1) * 1000 + lookMs * 1e6, `${rest} ns are missing`);
          deepEqual(
            thread.samples.flatMap(({ isIdle }, i) => (isIdle && cpuNanos[i] !== 0 ? [i] : [])),
            [],
          );
          ok(cpuNanos.every((nanos) => nanos >= 0 && Number.isInteger(nanos)));
        },
      ),
    );
  });
});
