import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Delivery } from '#profbuf/collector/push/delivery.js';
import { exchange } from '#profbuf/collector/push/exchange.js';
import { outcomeOf } from '#profbuf/collector/push/outcome.js';
import { BoundedQueue } from '#profbuf/collector/push/queue.js';
import { LabelShape } from '#profbuf/collector/push/shaped-profile.js';
import { Tally } from '#profbuf/collector/push/tally.js';
import { exampleProfile } from '../../profile/example-profile.js';
import { Receiver } from './receiver.js';

class QuietTally extends Tally {
  readonly said: string[] = [];

  constructor() {
    super('place', () => {});
  }

  override complain(_: string, text: string): void {
    if (this.said.length < 1000) this.said.push(text);
  }
}

const message = (url: string, bytes = 1000) => ({ url, headers: {}, body: new Uint8Array(bytes) });

describe('what waits for its delivery', () => {
  it('is dropped where there is no room, the oldest first, and one that is too large by itself', () => {
    const queue = new BoundedQueue<{ bytes: number; sinceMs: number }>(100, 1000);
    const items = [40, 40, 40, 90, 101].map((bytes, sinceMs) => ({ bytes, sinceMs }));
    assert.deepEqual(
      items.map((item) => queue.add(item)),
      [[], [], items.slice(0, 1), items.slice(1, 3), items.slice(4)],
    );
    assert.deepEqual([queue.length, queue.bytes], [1, 90]);
  });

  it('is dropped when it is too old', () => {
    const queue = new BoundedQueue<{ bytes: number; sinceMs: number }>(100, 1000);
    const items = [0, 500, 900].map((sinceMs) => ({ bytes: 1, sinceMs }));
    for (const item of items) queue.add(item);
    assert.deepEqual(queue.expire(1000), []);
    assert.deepEqual(queue.expire(1501), items.slice(0, 2));
    assert.deepEqual([queue.length, queue.bytes, queue.remove(items[0] ?? assert.fail())], [1, 1, false]);
  });

  it('goes out in order once the server is back, but for what is older than an hour', async (t) => {
    let isDown = true;
    const receiver = await Receiver.start(t, (_, response) => response.writeHead(isDown ? 503 : 200).end());
    const tally = new QuietTally();
    const delivery = new Delivery({
      queueBytes: 2 ** 20,
      tally,
      backoff: { firstMs: 5, mostMs: 5 },
      send: async (sent, signal) => outcomeOf(await exchange(sent, {}, 5000, signal), 'pyroscope', []),
    });
    const now = performance.now();
    const hour = 3_600_000;
    for (const [i, ageMs] of [hour + 1000, hour - 60_000, 0].entries()) {
      delivery.add(message(`${receiver.url}/${i}`), now - ageMs);
    }
    await receiver.came(3);
    isDown = false;
    while (tally.delivered < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    const paths = receiver.received.map(({ path }) => path);
    assert.deepEqual([...new Set(paths)], ['/1', '/2']);
    assert.deepEqual([tally.delivered, tally.dropped, delivery.waiting], [2, 1, 0]);
    assert.deepEqual(tally.comments(), [
      'push to place: 2 profiles were delivered, and dropped 1 (older than an hour)',
    ]);
  });

  it('is not held back by one at which the server fails', async (t) => {
    const receiver = await Receiver.start(t, ({ path }, response) =>
      response.writeHead(path === '/0' ? 500 : 200).end(),
    );
    const tally = new QuietTally();
    const delivery = new Delivery({
      queueBytes: 2 ** 20,
      tally,
      backoff: { firstMs: 1, mostMs: 50 },
      send: async (sent, signal) => outcomeOf(await exchange(sent, {}, 5000, signal), 'pyroscope', []),
    });
    t.after(() => delivery.flush(0));
    for (let i = 0; i < 5; i++) delivery.add(message(`${receiver.url}/${i}`), performance.now());
    await receiver.came(8);
    const paths = receiver.received.map(({ path }) => path);
    assert.deepEqual(paths.slice(0, 8), ['/0', '/1', '/2', '/3', '/4', '/0', '/0', '/0']);
    assert.deepEqual([tally.delivered, tally.dropped, delivery.waiting], [4, 0, 1]);
    // It is asked as seldom as a server that is down would be, whatever others are taken.
    delivery.add(message(`${receiver.url}/5`), performance.now());
    await receiver.came(12);
    const [before, after] = receiver.received.filter(({ path }) => path === '/0').slice(-2);
    assert.ok((after?.atMs ?? 0) - (before?.atMs ?? 0) >= 7);
  });

  it('is all sent once more at the end, side by side, and no longer than there is time', async (t) => {
    const receiver = await Receiver.start(t, (_, response) => setTimeout(() => response.end(), 200));
    const slow = await Receiver.start(t, () => {});
    for (const [server, delivered] of [
      [receiver, 8],
      [slow, 0],
    ] as const) {
      const tally = new QuietTally();
      const delivery = new Delivery({
        queueBytes: 2 ** 20,
        tally,
        send: async (sent, signal) => outcomeOf(await exchange(sent, {}, 5000, signal), 'pyroscope', []),
      });
      for (let i = 0; i < 8; i++) delivery.add(message(server.url), performance.now());
      const begin = performance.now();
      await delivery.flush(1000);
      const tookMs = performance.now() - begin;
      assert.deepEqual([tally.delivered, tally.dropped, delivery.waiting], [delivered, 8 - delivered, 0]);
      // Not eight times 200 ms; and the limits are those of a busy machine.
      assert.ok(tookMs < 1500, `${tookMs}`);
    }
  });

  it('takes no more memory after 10,000 failed pushes than before', async (t) => {
    const receiver = await Receiver.start(t, (_, response) => response.writeHead(503).end('not now'));
    let tries = 0;
    // Side by side, to be done sooner.
    const places = Array.from({ length: 4 }, () => {
      const tally = new QuietTally();
      const delivery = new Delivery({
        queueBytes: 2 ** 18,
        tally,
        backoff: { firstMs: 0, mostMs: 0 },
        send: async (sent, signal) => {
          tries++;
          receiver.received.length = 0;
          return outcomeOf(await exchange(sent, {}, 5000, signal), 'pyroscope', []);
        },
      });
      return { tally, delivery };
    });
    let before = 0;
    let added = 0;
    while (tries < 10_000) {
      // New ones come all the time: room for a hundred of them.
      for (; added * 10 <= tries; added++) {
        const { delivery } = places[added % places.length] ?? assert.fail();
        delivery.add(message(`${receiver.url}/${added}`, 10_000), performance.now());
      }
      if (before === 0 && tries > 3000) before = memory();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const grown = memory() - before;
    for (const { delivery } of places) assert.ok(delivery.waitingBytes <= 2 ** 18);
    await Promise.all(places.map(({ delivery }) => delivery.flush(0)));
    const dropped = places.reduce((sum, { tally }) => sum + tally.dropped, 0);
    assert.equal(dropped, added, 'each is counted');
    assert.ok(grown < 2 ** 19, `${grown} bytes`);
  });
});

/** What is in use, in bytes, after garbage collection. */
function memory(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('labels that a server is to store', () => {
  const profileWith = (labels: readonly Record<string, string | number>[]) => {
    const { model } = exampleProfile();
    const stack = model.samples[0]?.stack ?? [];
    return {
      ...model,
      samples: labels.map((set) => ({
        stack,
        values: [1, 1],
        labels: Object.entries(set).map(([key, value]) => ({ key, value, unit: '' })),
      })),
    };
  };
  const labelsOf = (shape: LabelShape, labels: readonly Record<string, string | number>[]) =>
    shape
      .apply(profileWith(labels))
      .samples.map(({ labels }) => Object.fromEntries(labels.map(({ key, value }) => [key, value])));

  it('have names that it takes, and numbers as text', () => {
    assert.deepEqual(
      labelsOf(new LabelShape(), [{ 'user-id': 4711, 'trace endpoint': '/x', '0start': 1, code: 0, empty: '' }]),
      [{ user_id: '4711', trace_endpoint: '/x', _0start: '1', code: '0' }],
    );
  });

  it('have no more values over the run than it can keep, but for spans', () => {
    const shape = new LabelShape();
    const requests = Array.from({ length: 400 }, (_, i) => ({ request: i, span_id: i.toString(16).padStart(16, '0') }));
    const first = labelsOf(shape, requests.slice(0, 200));
    assert.deepEqual(first.at(-1), { request: '199', span_id: '00000000000000c7' });
    const later = labelsOf(shape, requests.slice(200));
    assert.deepEqual(later.at(49), { request: '249', span_id: '00000000000000f9' });
    assert.deepEqual(later.at(50), { request: '(other)', span_id: '00000000000000fa' });
    assert.deepEqual(labelsOf(shape, [{ request: 7 }]), [{ request: '7' }]);
    const { comments } = shape.apply(profileWith([{ request: 1000 }]));
    assert.match(comments.at(-1) ?? '', /^1 labels of samples are \(other\) or left out/);
  });

  it('are not too many for a series, nor too long', () => {
    const names = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`l${i}`, 'x'.repeat(5000)]));
    const [labels = {}] = labelsOf(new LabelShape(), [names]);
    assert.equal(Object.keys(labels).length, 16);
    assert.equal(String(labels.l0).length, 1025);
    // Pyroscope counts bytes of UTF-8.
    const [wide = {}] = labelsOf(new LabelShape(), [{ query: '値'.repeat(1024), emoji: `x${'😀'.repeat(500)}` }]);
    assert.deepEqual(wide, { query: `${'値'.repeat(341)}…`, emoji: `x${'😀'.repeat(255)}…` });
  });

  it('are of samples that stand for something', () => {
    const { model } = exampleProfile();
    const samples = [...model.samples, ...model.samples.map((sample) => ({ ...sample, values: [0, 0] }))];
    assert.equal(new LabelShape().apply({ ...model, samples }).samples.length, model.samples.length);
  });
});
