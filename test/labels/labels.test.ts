import { deepEqual, equal, rejects, throws } from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { setImmediate as immediate } from 'node:timers/promises';
import { getLabels, type Labels, ProfbufError, setLabels, startProfiler, withLabels } from 'profbuf';

describe('withLabels', () => {
  it('puts labels in force for its function only', () => {
    deepEqual(getLabels(), {});
    deepEqual(withLabels({ route: '/a', tenant: 7 }, getLabels), { route: '/a', tenant: 7 });
    deepEqual(getLabels(), {});
  });

  it('adds to the labels in force, and inner values win', () => {
    withLabels({ route: '/a', tenant: 7 }, () => {
      deepEqual(withLabels({ tenant: 8, job: 'mail' }, getLabels), { route: '/a', tenant: 8, job: 'mail' });
      deepEqual(getLabels(), { route: '/a', tenant: 7 });
    });
  });

  it('tells a number from a string', () => {
    deepEqual(withLabels({ id: 1 }, getLabels), { id: 1 });
    deepEqual(withLabels({ id: '1' }, getLabels), { id: '1' });
  });

  it('takes a label away where its value is empty', () => {
    withLabels({ a: 1, b: 2, c: 3 }, () => {
      deepEqual(withLabels({ b: '' }, getLabels), { a: 1, c: 3 });
      deepEqual(withLabels({ none: '' }, getLabels), { a: 1, b: 2, c: 3 });
    });
    deepEqual(withLabels({ a: '' }, getLabels), {});
  });

  it('takes names that objects treat specially', () => {
    const labels = JSON.parse('{"__proto__":"a","constructor":"b"}') as Labels;
    const found = withLabels(labels, getLabels);
    deepEqual(Object.entries(found), [
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    equal(Object.getPrototypeOf(found), Object.prototype);
  });

  it('returns what the function returns', async () => {
    const promise = Promise.resolve(5);
    equal(
      withLabels({ a: 1 }, () => 'text'),
      'text',
    );
    equal(
      withLabels({ a: 1 }, () => promise),
      promise,
    );
    equal(await withLabels({ a: 1 }, async () => 5), 5);
  });

  it("calls the function with its caller's this", () => {
    const service = { name: 'mail', withLabels };
    function name(this: { name: string } | undefined) {
      return this?.name;
    }
    equal(service.withLabels({ a: 1 }, name as () => string), 'mail');
    equal(withLabels({ a: 1 }, name as () => string | undefined), undefined);
  });

  it('puts the outer labels back when the function throws', () => {
    withLabels({ a: 1 }, () => {
      throws(
        () =>
          withLabels({ a: 2 }, () => {
            throw new Error('inside');
          }),
        /inside/,
      );
      deepEqual(getLabels(), { a: 1 });
    });
  });

  it('puts the outer labels back when the promise rejects', async () => {
    await withLabels({ a: 1 }, async () => {
      await rejects(
        withLabels({ a: 2 }, async () => {
          await immediate();
          deepEqual(getLabels(), { a: 2 });
          throw new Error('inside');
        }),
        /inside/,
      );
      deepEqual(getLabels(), { a: 1 });
    });
  });

  it('keeps tasks that run in turns apart', async () => {
    const seen = await Promise.all(
      [1, 2, 3].map((task) =>
        withLabels({ task }, async () => {
          const labels: unknown[] = [];
          for (let i = 0; i < 5; i++) {
            await immediate();
            labels.push(getLabels().task);
          }
          return labels;
        }),
      ),
    );
    deepEqual(
      seen,
      [1, 2, 3].map((task) => Array(5).fill(task)),
    );
  });

  it('leaves the contexts of others alone', () => {
    const other = new AsyncLocalStorage<string>();
    other.run('theirs', () => {
      withLabels({ a: 1 }, () => {
        equal(other.getStore(), 'theirs');
        other.run('inner', () => deepEqual(getLabels(), { a: 1 }));
      });
      equal(other.getStore(), 'theirs');
    });
  });
});

describe('setLabels', () => {
  it('adds labels for the rest of the context, callbacks and awaits included', async () => {
    await withLabels({ route: '/a' }, async () => {
      await immediate();
      setLabels({ step: 1 });
      deepEqual(getLabels(), { route: '/a', step: 1 });
      await immediate();
      setLabels({ step: 2 });
      await null;
      deepEqual(getLabels(), { route: '/a', step: 2 });
      await new Promise<void>((resolve) => setTimeout(resolve, 1));
      deepEqual(getLabels(), { route: '/a', step: 2 });
    });
    deepEqual(getLabels(), {});
  });

  it('ends with the withLabels around it', () => {
    withLabels({ a: 1 }, () => {
      withLabels({ a: 2 }, () => setLabels({ a: 3 }));
      deepEqual(getLabels(), { a: 1 });
    });
  });

  it('ends with the withLabels around it, if that changes nothing itself', async () => {
    await withLabels({ a: 1 }, async () => {
      withLabels({ a: 1 }, () => setLabels({ b: 2 }));
      deepEqual(getLabels(), { a: 1 });
      await withLabels({}, async () => setLabels({ b: 3 }));
      deepEqual(getLabels(), { a: 1 });
    });
    withLabels({}, () => setLabels({ b: 4 }));
    deepEqual(getLabels(), {});
  });

  it('does not grow when it changes a label again and again', () => {
    withLabels({ a: 1, b: 2 }, () => {
      for (let i = 0; i < 10_000; i++) setLabels({ a: i });
      deepEqual(getLabels(), { b: 2, a: 9999 });
    });
  });
});

describe('getLabels', () => {
  it('gives an object that does not change', () => {
    withLabels({ a: 1 }, () => {
      const labels = getLabels();
      throws(() => {
        (labels as Record<string, number>).a = 2;
      }, TypeError);
      setLabels({ a: 3 });
      deepEqual(labels, { a: 1 });
    });
  });
});

/** Of it not even the kind can be told. */
function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describe('labels that no profile can carry', () => {
  const bad: [string, unknown, RegExp][] = [
    ['an empty name', { '': 1 }, /empty/],
    ['a name that is too long', { ['k'.repeat(257)]: 1 }, /257 characters; at most 256/],
    ["a name of profbuf's", { 'profbuf.labels': 'x' }, /"profbuf\.labels" is not free/],
    ['a value that is too long', { a: 'v'.repeat(1025) }, /"a": 1025 characters; a value has at most 1024/],
    ['null', { a: null }, /"a": null is no value; expected a string or a finite number/],
    ['undefined', { a: undefined }, /"a": undefined/],
    ['NaN', { a: Number.NaN }, /"a": NaN/],
    ['infinity', { a: Number.POSITIVE_INFINITY }, /"a": Infinity/],
    ['a boolean', { a: true }, /"a": true/],
    ['a bigint', { a: 1n }, /"a": 1/],
    ['a symbol', { a: Symbol('s') }, /"a": Symbol\(s\)/],
    ['an object', { a: {} }, /"a": \[object Object\]/],
    ['no object', 'route', /labels are an object of names and values, not "route"/],
    ['nothing', null, /not null/],
    ['an array', ['route'], /a plain object of names and values, not \[object Array\]/],
    ['a map', new Map([['route', '/a']]), /not \[object Map\]/],
    ['a promise of labels', Promise.resolve({ route: '/a' }), /not \[object Promise\]/],
    ['a value without a text', { a: revoked() }, /"a": object is no value/],
    ['too many', Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`k${i}`, i])), /at most 32 labels; "k31"/],
  ];
  for (const [name, labels, message] of bad) {
    it(`are an error before the function runs: ${name}`, () => {
      withLabels({ outer: 1 }, () => {
        const isExpected = (error: unknown) =>
          error instanceof ProfbufError && error.code === 'ERR_PROFBUF_LABEL' && message.test(error.message);
        let calls = 0;
        throws(() => withLabels(labels as Labels, () => calls++), isExpected);
        throws(() => setLabels(labels as Labels), isExpected);
        equal(calls, 0);
        deepEqual(getLabels(), { outer: 1 });
      });
    });
  }

  it('are an error where there is no function', () => {
    for (const [fn, text] of [
      [undefined, 'undefined'],
      [Object.create(null), '[object Object]'],
    ] as [unknown, string][]) {
      throws(() => withLabels({ a: 1 }, fn as () => void), {
        code: 'ERR_PROFBUF_LABEL',
        message: `withLabels runs a function, not ${text}`,
      });
    }
  });

  it('leave no trace when only some of them are bad', () => {
    throws(() => setLabels({ good: 1, bad: Number.NaN }), { code: 'ERR_PROFBUF_LABEL' });
    deepEqual(getLabels(), {});
  });
});

describe('copies of the package in one process', () => {
  it('of which the one that was loaded first is of another version: its labels are not on samples, and the profile says so', async () => {
    const holder = globalThis as { [key: symbol]: unknown };
    const key = Symbol.for('profbuf.labels');
    const ours = Object.getOwnPropertyDescriptor(holder, key) ?? {};
    Object.defineProperty(holder, key, { value: { version: 3 }, configurable: true });
    const profiler = await startProfiler();
    const { model } = await profiler.stop();
    Object.defineProperty(holder, key, ours);
    const said = /^another version of profbuf has the labels of 1 thread,/;
    equal(model.comments.filter((comment) => said.test(comment)).length, 1, model.comments.join('\n'));
  });

  it('share what is in force: import, require, and another copy', async () => {
    const required = createRequire(import.meta.url)('profbuf') as typeof import('profbuf');
    const implementation = new URL('../../../dist/labels/index.js?another-copy', import.meta.url).href;
    const copy = (await import(implementation)) as typeof import('profbuf');
    const seen = withLabels({ a: 1 }, () =>
      required.withLabels({ b: 2 }, () => copy.withLabels({ c: 3 }, () => [getLabels(), required.getLabels()])),
    );
    deepEqual(seen, [
      { a: 1, b: 2, c: 3 },
      { a: 1, b: 2, c: 3 },
    ]);
  });
});
