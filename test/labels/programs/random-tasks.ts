// Random programs of labelled tasks. Every label has a function of its own, so that a sample's stack tells its label.
import { setImmediate as immediate, setTimeout as timeout } from 'node:timers/promises';
import fc from 'fast-check';
import { setLabels, startProfiler, withLabels } from 'profbuf';
import { ProfBufWriter } from 'profbuf/buffer';
import { programOptions } from '../run-program.js';
import { namedFunction, samplesOf } from './samples.js';

export interface RandomTasksOptions {
  readonly seed: number;
  readonly labelBufferWords: number;
  /** Go on until so many samples have met a labelled function. */
  readonly samples: number;
}

export interface RandomTasksResult {
  readonly tasks: number;
  readonly right: number;
  readonly wrong: readonly string[];
  readonly unknown: number;
  /** As the application saw them. */
  readonly switches: number;
  readonly lostSwitches: number;
  readonly stats: { readonly labelSwitches: number; readonly lostLabelSwitches: number };
  readonly comments: readonly string[];
}

type Step =
  | { readonly type: 'work'; readonly micros: number }
  | { readonly type: 'wait'; readonly how: 'null' | 'immediate' | 'timeout' | 'tick' | 'microtask' }
  | { readonly type: 'label'; readonly label: number; readonly steps: readonly Step[]; readonly isSet: boolean }
  | { readonly type: 'sync'; readonly label: number; readonly micros: number; readonly throws: boolean }
  | { readonly type: 'all'; readonly branches: readonly (readonly Step[])[] }
  | { readonly type: 'race'; readonly branches: readonly (readonly Step[])[] }
  | { readonly type: 'fail'; readonly steps: readonly Step[] }
  | { readonly type: 'cancel'; readonly steps: readonly Step[] };

const labels = 16;
const label = fc.nat({ max: labels - 1 });
// 20 µs to 5 ms, short ones more often.
const micros = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(0)).map(([x]) => 20 + x ** 3 * 4980);
const { steps } = fc.letrec<{ steps: Step[]; step: Step }>((tie) => ({
  steps: fc.array(tie('step'), { minLength: 1, maxLength: 5, depthIdentifier: 'task' }),
  step: fc.oneof(
    { depthSize: 'small', withCrossShrink: false, depthIdentifier: 'task' },
    fc.record({ type: fc.constant('work' as const), micros }),
    fc.record({
      type: fc.constant('wait' as const),
      how: fc.constantFrom(
        'null' as const,
        'immediate' as const,
        'timeout' as const,
        'tick' as const,
        'microtask' as const,
      ),
    }),
    fc.record({ type: fc.constant('sync' as const), label, micros, throws: fc.boolean() }),
    fc.record({ type: fc.constant('label' as const), label, steps: tie('steps'), isSet: fc.boolean() }),
    fc.record({
      type: fc.constantFrom('all' as const, 'race' as const),
      branches: fc.array(tie('steps'), { minLength: 2, maxLength: 4 }),
    }),
    fc.record({ type: fc.constantFrom('fail' as const, 'cancel' as const), steps: tie('steps') }),
  ),
}));

const functions = Array.from({ length: labels }, (_, i) => namedFunction(`work_${i}_`));
const expected = new Error('expected');

function wait(how: (Step & { type: 'wait' })['how']): Promise<unknown> {
  if (how === 'null') return Promise.resolve();
  if (how === 'immediate') return immediate();
  if (how === 'timeout') return timeout(1);
  return new Promise<void>((resolve) => (how === 'tick' ? process.nextTick(resolve) : queueMicrotask(resolve)));
}

async function run(steps: readonly Step[], label: number): Promise<void> {
  for (const step of steps) await runStep(step, label);
}

async function runStep(step: Step, label: number): Promise<unknown> {
  switch (step.type) {
    case 'work':
      return functions[label]?.(step.micros);
    case 'wait':
      return wait(step.how);
    case 'sync':
      try {
        return withLabels({ label: step.label }, () => {
          functions[step.label]?.(step.micros);
          if (step.throws) throw expected;
        });
      } catch {
        return functions[label]?.(20);
      }
    case 'label':
      return withLabels({ label: step.isSet ? 'replaced' : step.label }, () => {
        if (step.isSet) setLabels({ label: step.label });
        return run(step.steps, step.label);
      });
    case 'all':
      return Promise.all(step.branches.map((branch) => run(branch, label)));
    case 'race':
      return Promise.race(step.branches.map((branch) => run(branch, label)));
    case 'fail':
      return withLabels({ label: 'failing' }, async () => {
        await null;
        throw expected;
      })
        .catch(() => functions[label]?.(20))
        .then(() => run(step.steps, label));
    case 'cancel': {
      const controller = new AbortController();
      const cancelled = withLabels({ label: 'cancelled' }, () => timeout(1000, undefined, controller));
      await run(step.steps, label);
      controller.abort();
      return cancelled.catch(() => functions[label]?.(20));
    }
  }
}

const [{ seed, labelBufferWords, samples: wanted }] = programOptions<[RandomTasksOptions]>();

// What really happens to the switches, seen from the application's side.
let switches = 0;
let lostSwitches = 0;
const { write } = ProfBufWriter.prototype;
let isInside = false;
ProfBufWriter.prototype.write = function (...record) {
  // It may call itself.
  if (isInside) return write.apply(this, record);
  isInside = true;
  const isWritten = write.apply(this, record);
  isInside = false;
  switches++;
  if (!isWritten) lostSwitches++;
  return isWritten;
};

const profiler = await startProfiler({ sampleRate: 1000, labelBufferWords });
let tasks = 0;
for (let round = 0; profiler.stats().samples < wanted; round++) {
  const programs = fc.sample(steps, { seed: seed + round, numRuns: 20 });
  tasks += programs.length;
  await Promise.all(programs.map((program, i) => withLabels({ label: i % labels }, () => run(program, i % labels))));
}
// Those that lost a race go on for a while. Then no label is in force, and nothing switches any more.
await timeout(50);
await immediate();
const profile = await profiler.stop();

let right = 0;
let unknown = 0;
const wrong: string[] = [];
for (const { functions, labels, count } of samplesOf(profile)) {
  const found = functions.map((name) => /^work_(\d+)_$/.exec(name)?.[1]).find((number) => number !== undefined);
  if (found === undefined) continue;
  if (String(labels.label) === found) right += count;
  else if (labels['profbuf.labels'] === 'lost') unknown += count;
  else for (let i = 0; i < count; i++) wrong.push(`work_${found}_ with ${JSON.stringify(labels)}`);
}
const { labelSwitches, lostLabelSwitches } = profiler.stats();
const result: RandomTasksResult = {
  tasks,
  right,
  wrong,
  unknown,
  switches,
  lostSwitches,
  stats: { labelSwitches, lostLabelSwitches },
  comments: profile.model.comments,
};
process.stdout.write(JSON.stringify(result));
