import { deepEqual, equal, ok } from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { ProfBufWriter } from 'profbuf/buffer';
import { byteLength, initialize } from '#profbuf/buffer/index.js';
import { CONTROL_BITS, OVERFLOW } from '#profbuf/buffer/layout.js';
import { ThreadChannel } from '#profbuf/collector/inspector/thread-channel.js';
import { ClockOffset } from '#profbuf/collector/labels/clock-offset.js';
import { LabelTimeline } from '#profbuf/collector/labels/label-timeline.js';
import { LabelContext } from '#profbuf/labels/label-context.js';
import { type LabelSet, noLabels } from '#profbuf/labels/label-set.js';
import {
  type LabelState,
  type Labels,
  labelProtocolVersion,
  ringOffset,
  type SwitchRing,
  tagMask,
} from '#profbuf/protocol/label-records.js';
import { nowMicros } from '#profbuf/protocol/monotonic-clock.js';
import { runtimes } from '../../runtimes.js';
import '../../seed.js';
import { Recorder } from '#profbuf/labels/recorder.js';
import { Registry } from '#profbuf/labels/registry.js';
import { runProgram } from '../../labels/run-program.js';

describe('the timeline of label switches', () => {
  const { write } = ProfBufWriter.prototype;
  let isLost = false;
  before(() => {
    ProfBufWriter.prototype.write = function (...record) {
      const isWritten = write.apply(this, record);
      isLost = !isWritten;
      return isWritten;
    };
  });
  after(() => {
    ProfBufWriter.prototype.write = write;
  });

  /** Sets belong to one recorder, as they do in a thread of a program. */
  let recorders = 0;
  const setOf = (labels: Labels) => noLabels.with({ ...labels, recorder: recorders });

  /** A recorder, and the timeline that reads it, in one thread. */
  function connected(words: number): { recorder: Recorder; timeline: LabelTimeline; stop: () => void } {
    recorders++;
    const state: LabelState = { version: labelProtocolVersion };
    const recorder = new Recorder(state, new LabelContext());
    let timeline: LabelTimeline | undefined;
    const channel = new ThreadChannel(`test ${recorders}`, (message) => {
      timeline = new LabelTimeline(message as SwitchRing);
    });
    state.reader = { channel: channel.name, threadId: 0, words };
    recorder.enter(setOf({ first: 1 }));
    channel.receive();
    channel.close();
    ok(timeline);
    const stop = () => {
      delete state.reader;
      recorder.readerChanged();
    };
    return { recorder, timeline, stop };
  }

  /** A point in time that is apart from everything before and after it. */
  function pointInTime(): number {
    const start = nowMicros();
    while (nowMicros() < start + 4);
    const point = nowMicros();
    while (nowMicros() < point + 4);
    return point;
  }

  it('knows at every time what was in force, or that it does not know, and can ask what that was', () => {
    const operation = fc.oneof(
      { weight: 6, arbitrary: fc.record({ type: fc.constant('enter' as const), set: fc.nat({ max: 6 }) }) },
      { weight: 2, arbitrary: fc.record({ type: fc.constant('enter new' as const) }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('burst' as const), count: fc.nat({ max: 60 }) }) },
      { weight: 2, arbitrary: fc.record({ type: fc.constant('look' as const) }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('drain' as const) }) },
    );
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 60 }), (operations) => {
        const { recorder, timeline, stop } = connected(64);
        const sets = [noLabels, ...[1, 2, 3, 4, 5, 6].map((set) => setOf({ set }))];
        let inForce: LabelSet | 'lost' = setOf({ first: 1 });
        let last: LabelSet = inForce;
        let fresh = 0;
        const points: { micros: number; inForce: LabelSet | 'lost' }[] = [];
        const enter = (set: LabelSet) => {
          if (set === last) return;
          recorder.enter(set);
          last = set;
          inForce = isLost ? 'lost' : set;
        };
        const look = () => {
          timeline.drain();
          for (const { micros, inForce } of points.splice(0)) {
            const found = timeline.at(micros);
            if (inForce === 'lost' || found === 'lost') equal(found, inForce);
            else if (inForce === noLabels || found === 0) equal(found === 0, inForce === noLabels);
            else deepEqual(recorder.define([found & tagMask]).sets, [inForce.toLabels()]);
          }
          timeline.resolve();
        };
        for (const operation of operations) {
          if (operation.type === 'enter') enter(sets[operation.set] ?? noLabels);
          else if (operation.type === 'enter new') enter(setOf({ fresh: ++fresh }));
          else if (operation.type === 'burst') {
            for (let i = 0; i < operation.count; i++) enter(setOf({ fresh: ++fresh }));
          } else if (operation.type === 'look') look();
          else timeline.drain();
          points.push({ micros: pointInTime(), inForce });
        }
        look();
        stop();
      }),
      { numRuns: 200 },
    );
  });

  it('reads switches by a clock that is far from the one of the samples, and then jumps', () => {
    const words = 64;
    const memory = new SharedArrayBuffer(ringOffset + byteLength({ words }));
    initialize(memory, ringOffset, { words });
    const writer = new ProfBufWriter(memory, ringOffset);
    const switchTo = (tag: number, milliseconds: number) => writer.write(tag, milliseconds, [], [], 0);
    const timeline = new LabelTimeline({ threadId: 0, number: 1, memory, clock: [7e12 - 1, 7e12 + 1] });
    switchTo(1, 1.5);
    switchTo(2, 2.5);
    timeline.drain();
    deepEqual(
      [7e12 + 1499, 7e12 + 1501, 7e12 + 2499, 7e12 + 2501].map((micros) => timeline.at(micros)),
      [0, 1, 1, 2],
    );
    // As when a machine sleeps, and one of the clocks with it.
    timeline.clock.observe([9e12 - 1, 9e12 + 1]);
    switchTo(3, 3.5);
    timeline.drain();
    deepEqual(
      [9e12 + 3499, 9e12 + 3501].map((micros) => timeline.at(micros)),
      [2, 3],
    );
  });

  it('lets a million sets go once no sample can ask for them', () => {
    const { recorder, timeline, stop } = connected(2 ** 10);
    const constant = setOf({ constant: 1 });
    const numbers: number[] = [];
    for (let i = 0; i < 1_000_000; i++) {
      recorder.enter(setOf({ request: i }));
      recorder.enter(constant);
      if (i % 100 !== 0) continue;
      timeline.drain();
      const found = timeline.at(nowMicros() + 1);
      ok(typeof found === 'number');
      // Whatever is in force can be asked for, however long it has been in use.
      deepEqual(recorder.define([found & tagMask]).sets, [constant.toLabels()]);
      timeline.resolve();
      numbers.push(found);
    }
    const { sets } = recorder.define(numbers);
    ok(sets.filter((set) => set !== null).length <= 60, 'only the sets of the latest epochs are still there');
    equal(timeline.lostSwitches, 0);
    stop();
  });
});

describe('a thread that is interrupted while it publishes lost switches', () => {
  it('has them lost from the first one on, before their count is known', () => {
    const words = 64;
    const memory = new SharedArrayBuffer(ringOffset + byteLength({ words }));
    initialize(memory, ringOffset, { words });
    const writer = new ProfBufWriter(memory, ringOffset);
    const timeline = new LabelTimeline({ threadId: 0, number: 1, memory, clock: [0, 0] });
    for (let tag = 1; tag <= 32; tag++) ok(writer.write(tag, tag, [], []));
    for (let time = 33; time <= 40; time++) equal(writer.write(9, time, [], []), false);
    // Claimed for the ring and not yet in it, which is where the thread stands for some 20 ns.
    const control = new Int32Array(memory, ringOffset);
    const committing = 2 ** (CONTROL_BITS - 1 - (control[4] as number));
    Atomics.or(control, OVERFLOW, committing);
    timeline.drain();
    equal(timeline.lostSwitches, 0);
    const offset = timeline.clock.micros;
    equal(timeline.at(32_500 + offset), 32);
    equal(timeline.at(36_000 + offset), 'lost');
    Atomics.and(control, OVERFLOW, ~committing);
    timeline.drain();
    equal(timeline.lostSwitches, 8);
    ok(writer.write(7, 50, [], []));
    timeline.drain();
    equal(timeline.at(49_000 + offset), 'lost');
    equal((timeline.at(51_000 + offset) as number) & tagMask, 7);
    writer.close();
  });
});

describe('numbers of label sets', () => {
  it('wrap after 2^31 and are still told apart', () => {
    const registry = new Registry(2 ** 31 - 3);
    const sets = Array.from({ length: 6 }, (_, i) => noLabels.with({ wrap: i }));
    for (const set of sets) registry.add(set);
    const tags = sets.map(({ number }) => number & tagMask);
    deepEqual(tags, [2 ** 31 - 3, 2 ** 31 - 2, 2 ** 31 - 1, 1, 2, 3]);
    deepEqual(
      tags.map((tag) => registry.find(tag)),
      sets,
    );
  });

  it('are taken back when the record was lost', () => {
    const registry = new Registry();
    const [first, second] = [noLabels.with({ back: 1 }), noLabels.with({ back: 2 })];
    registry.add(first);
    const { number } = first;
    registry.removeLast();
    registry.add(second);
    equal(second.number, number);
    equal(registry.isOpen(first), false);
    equal(registry.find(number), second);
  });
});

describe('the offset between two clocks', { concurrency: 4 }, () => {
  it('narrows down with each reading', () => {
    const offset = new ClockOffset([10, 20]);
    offset.observe([12, 40]);
    offset.observe([0, 14]);
    equal(offset.micros, 13);
    equal(offset.corrections, 0);
  });

  it('follows clocks that drift apart', () => {
    const offset = new ClockOffset([10, 11]);
    offset.observe([20, 22]);
    equal(offset.micros, 21);
    equal(offset.corrections, 1);
  });

  for (const runtime of runtimes) {
    it(`is read again every ten seconds where nothing else is asked for, ${runtime.name}`, async () => {
      // Once for what the set is, and once after ten seconds.
      equal(await runProgram<number>(runtime, 'constant-set'), 2);
    });
  }
});
