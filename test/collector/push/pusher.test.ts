import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ProfileSeries } from '#profbuf/collector/profiles/profile-series.js';
import { Pusher } from '#profbuf/collector/push/pusher.js';
import { type PushOptions, pushOptions } from '#profbuf/protocol/push-settings.js';
import { exampleProfile } from '../../profile/example-profile.js';
import { pushedIn, Receiver } from './receiver.js';

function optionsOf(url: string): PushOptions {
  const options = pushOptions({ url, flushMs: 50 }, { environment: {}, processName: 'app.js', kinds: [] });
  if ('problem' in options) throw new Error(options.problem);
  return options;
}

it("a push that the program has stopped takes nothing more at the program's end, and counts nothing as dropped", async () => {
  const calls: string[] = [];
  const series: ProfileSeries = {
    kind: 'cpu',
    next: async () => {
      calls.push('next');
      throw new Error('none');
    },
    last: () => {
      calls.push('last');
      return new Promise(() => {});
    },
    close: () => calls.push('close'),
  };
  const pusher = new Pusher({
    push: optionsOf('http://127.0.0.1:1'),
    sampleRate: 100,
    series: [series],
    ending: new AbortController().signal,
    onChange: () => {},
  });
  pusher.start();
  await pusher.stop();
  const { dropped } = pusher;
  await pusher.finish();
  assert.deepEqual(calls, ['next', 'close']);
  assert.equal(pusher.dropped, dropped);
});

it('a kind that waits for a blocked thread holds none of the others back', async () => {
  const taken: string[] = [];
  const seriesOf = (kind: 'cpu' | 'heap', next: () => Promise<never>): ProfileSeries => ({
    kind,
    next,
    last: next,
    close: () => {},
  });
  const never = new Promise<never>(() => {});
  const ending = new AbortController();
  await new Promise<void>((resolve) => {
    const series = [
      seriesOf('heap', () => never),
      seriesOf('cpu', async () => {
        taken.push('cpu');
        if (taken.length === 2) resolve();
        throw new Error('none');
      }),
    ];
    const push = { ...optionsOf('http://127.0.0.1:1'), intervalMs: 20 };
    const pusher = new Pusher({ push, sampleRate: 100, series, ending: ending.signal, onChange: () => {} });
    pusher.start();
  });
  ending.abort();
  assert.deepEqual(taken, ['cpu', 'cpu']);
});

it('a last profile that is shorter than clocks are off has a time of its own, and none below nothing', async (t) => {
  const receiver = await Receiver.start(t);
  const fromNanos = 1_700_000_000_000_000_000n;
  const profile = exampleProfile();
  const series: ProfileSeries = {
    kind: 'cpu',
    next: async () => profile.ofTime(fromNanos, 1_005_000_000n),
    last: async () => profile.ofTime(fromNanos + 1_000_000_000n, 2_000_000n),
    close: () => {},
  };
  const push = { ...optionsOf(receiver.url), intervalMs: 3000, flushMs: 2000 };
  const ending = new AbortController();
  const pusher = new Pusher({ push, sampleRate: 100, series: [series], ending: ending.signal, onChange: () => {} });
  pusher.start();
  await receiver.came(1);
  ending.abort();
  await pusher.finish();
  assert.deepEqual(
    receiver.received.map((received) => pushedIn(received).model.durationNanos),
    [1_005_000_000, 2_000_000],
  );
});
