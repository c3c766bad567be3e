import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Collections } from '#profbuf/collector/profiles/collections.js';
import { difference } from '#profbuf/collector/profiles/difference.js';
import { ProfileSeriesSource } from '#profbuf/collector/profiles/profile-series.js';
import type { Snapshots } from '#profbuf/collector/profiles/snapshots.js';
import { exampleProfile } from '../../profile/example-profile.js';

const hourMs = 3_600_000;

it('profiles that follow each other are of now, also after the clock was set back', async (t) => {
  const timers = t.mock.timers;
  const now = Date.now();
  timers.enable({ apis: ['Date'], now: now + hourMs });
  const snapshots = { take: async () => exampleProfile() } as unknown as Snapshots;
  const series = new ProfileSeriesSource({} as Collections, snapshots, async () => {}).open('heap');
  const timesOf = async (atMs: number) => {
    timers.setTime(atMs);
    const { timeNanos, durationNanos } = (await series.next()).model;
    return { fromMs: Number(BigInt(timeNanos) / 1_000_000n), ms: Number(durationNanos) / 1e6 };
  };
  assert.deepEqual(await timesOf(now + hourMs + 1000), { fromMs: now + hourMs, ms: 1000 });
  timers.reset();
  timers.enable({ apis: ['Date'], now });
  assert.deepEqual(await timesOf(now), { fromMs: now, ms: 0 });
  assert.deepEqual(await timesOf(now + 1000), { fromMs: now, ms: 1000 });
});

it('what came between two looks took no less than no time, also where the clock was set back between them', () => {
  const before = exampleProfile();
  const beforeNanos = BigInt(before.model.timeNanos);
  const after = before.ofTime(beforeNanos - BigInt(hourMs) * 1_000_000n, 0n);
  assert.equal(difference(before, after).model.durationNanos, 0);
  assert.equal(difference(after, before).model.durationNanos, hourMs * 1e6);
});
