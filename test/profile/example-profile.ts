import type { Profile } from 'profbuf';
import { type Labels, ProfileBuilder } from '#profbuf/profile/builder.js';
import type { Frame } from '#profbuf/profile/frame.js';

export const header = {
  sampleTypes: [
    { type: 'samples', unit: 'count' },
    { type: 'cpu', unit: 'nanoseconds' },
  ],
  periodType: { type: 'cpu', unit: 'nanoseconds' },
  period: 10_000_000,
  timeNanos: 1_700_000_000_123_456_789n,
  durationNanos: 2_000_000_000n,
};

/** A small service's profile: 120 samples of 10 ms, with recursion, a runtime state and names that need care. */
export function exampleProfile(): Profile {
  const builder = new ProfileBuilder({ ...header, comments: ['sample rate: 100 Hz'] });
  const frame = (functionName: string, file: string, startLine: number, line = startLine): Frame => ({
    functionName,
    file,
    startLine,
    line,
    ...(line === startLine && startLine > 0 ? { column: 1 } : {}),
  });
  const main = frame('main', '/srv/app.js', 1, 3);
  const walk = frame('walk', '/srv/walk.js', 10, 14);
  const add = (samples: number, labels: Labels | undefined, ...rootFirst: Frame[]) =>
    builder.add(rootFirst.map((entry) => builder.location(entry)).reverse(), [samples, samples * 10_000_000], labels);
  add(60, { route: '/feed', status: 200 }, main, frame('parse', '/srv/feed.js', 20, 25));
  add(6, { route: '/feed', status: 404 }, main, frame('parse', '/srv/feed.js', 20, 27));
  add(20, undefined, main, walk, walk, walk);
  add(14, undefined, main, walk, frame('(anonymous walk.js:12:3)', '/srv/walk.js', 12));
  add(9, undefined, main, frame('[Symbol.iterator]', '/srv/a b;c#d.js', 5));
  add(10, undefined, frame('(garbage collector)', '', 0));
  add(1, undefined, main, frame('readFileSync', 'node:fs', 400));
  return builder.build();
}
