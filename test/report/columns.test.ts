import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Profile, type ProfileModel } from 'profbuf';
import { CallTree, type Group } from '#profbuf/report/call-tree.js';
import { columnsOf, type ReportColumns } from '#profbuf/report/columns.js';
import { decodeColumns, encodeColumns } from '#profbuf/report/encoding.js';
import { keyValues } from '#profbuf/report/function-values.js';
import { keyingOf, outermostKeys } from '#profbuf/report/keying.js';
import { valuesOfLabel } from '#profbuf/report/label-values.js';
import { lineValues } from '#profbuf/report/line-values.js';
import { ReportData } from '#profbuf/report/report-data.js';
import { arbitraryProfile } from '../profile/arbitrary-profile.js';
import { arbitrarySamples, profileOf, type Taken } from './profiles.js';
import '../seed.js';

const everything = () => true;

/** Name, flat and cum of each function, as the page's table has them. */
function table(columns: ReportColumns, type: number, counts: (sample: number) => boolean = everything) {
  const data = new ReportData(columns);
  const keying = keyingOf(columns, data.origins, 'name', new Set());
  const { flat, cum } = keyValues(data, keying, outermostKeys(columns, keying), data.weights(type, counts));
  return Array.from(flat, (value, key): [string, number, number] => [
    data.functionName(keying.representative[key] ?? 0),
    value,
    cum[key] ?? 0,
  ])
    .filter(([, own, all]) => own !== 0 || all !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function topOf(model: ProfileModel, type: string): [string, number, number][] {
  return Profile.fromModel(model)
    .top(undefined, type)
    .map(({ functionName, flat, cum }): [string, number, number] => [functionName, flat, cum])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Every way down a tree with the value of its last frame: `f1;f2 30`. */
function waysOf(data: ReportData, keying: ReturnType<typeof keyingOf>, tree: CallTree): Map<string, number> {
  const ways = new Map<string, number>();
  const visit = (group: Group, way: string) => {
    if (way !== '') ways.set(way, group.total);
    for (const child of tree.childrenOf(group)) {
      const name = data.functionName(keying.representative[child.key] ?? 0);
      visit(child, way === '' ? name : `${way};${name}`);
    }
  };
  for (const root of tree.roots) visit(root, '');
  return ways;
}

/** The same by going through the samples, one by one. */
function expectedWays(taken: readonly Taken[], stackOf: (stack: string[]) => string[][]): Map<string, number> {
  const ways = new Map<string, number>();
  for (const { stack, count } of taken) {
    for (const names of stackOf(stack.map(([index]) => `f${index}`))) {
      for (let length = 1; length <= names.length; length++) {
        const way = names.slice(0, length).join(';');
        ways.set(way, (ways.get(way) ?? 0) + count);
      }
    }
  }
  for (const [way, value] of ways) if (value === 0) ways.delete(way);
  return ways;
}

describe('a profile in columns', () => {
  it('has the same functions, flat and cum, as top', () => {
    fc.assert(
      fc.property(arbitrarySamples, (taken) => {
        const model = profileOf(taken);
        const columns = columnsOf(model, '');
        assert.deepEqual(table(columns, 0), topOf(model, 'samples'));
        assert.deepEqual(table(columns, 1), topOf(model, 'cpu'));
      }),
    );
  });

  it('is the same after it was written and read, whatever the profile', () => {
    fc.assert(
      fc.property(arbitraryProfile, (model) => {
        const columns = columnsOf(model, 'grüße </script>');
        assert.deepEqual(decodeColumns(encodeColumns(columns)), columns);
      }),
    );
  });

  it('is refused when its bytes are cut short, wherever', () => {
    const bytes = encodeColumns(columnsOf(profileOf([{ stack: [[1, 1]], count: 3, route: '/a' }]), 'title'));
    for (let length = 0; length < bytes.length; length++) assert.throws(() => decodeColumns(bytes.subarray(0, length)));
  });

  it('counts only what the filters let through: one of the values that are asked for, none of those ruled out', () => {
    fc.assert(
      fc.property(
        arbitrarySamples,
        fc.subarray([undefined, '', '/a', '/b']),
        fc.boolean(),
        (taken, values, isExcluded) => {
          const columns = columnsOf(profileOf(taken), '');
          const passing = new ReportData(columns).passingSets(
            values.map((value) => ({ key: 'route', value, isExcluded })),
          );
          const isWanted = ({ route }: Taken) => values.length === 0 || values.includes(route) !== isExcluded;
          assert.deepEqual(
            table(columns, 0, (sample) => passing[columns.samples.labelSet[sample] ?? 0] === 1),
            topOf(profileOf(taken.filter(isWanted)), 'samples'),
          );
        },
      ),
    );
  });

  it('has runs of nodes that count the same under any filter, and no two that could be one', () => {
    fc.assert(
      fc.property(arbitrarySamples, fc.integer({ min: 1, max: 4 }), (taken, nth) => {
        const data = new ReportData(columnsOf(profileOf(taken), ''));
        const weights = data.weights(0, (sample) => sample % nth === 0);
        const { node } = data.columns.samples;
        const { end, frame } = data.columns.nodes;
        const starts = [...data.runs];
        assert.deepEqual([starts[0], starts.at(-1)], [1, frame.length]);
        starts.slice(0, -1).forEach((start, run) => {
          const last = (starts[run + 1] ?? 0) - 1;
          for (let at = start; at < last; at++) {
            assert.deepEqual([end[at], weights.total(at), node.includes(at)], [end[last], weights.total(last), false]);
          }
          assert.ok(node.includes(last) || end[last + 1] !== end[last] || last + 1 === frame.length);
        });
      }),
    );
  });

  it('has what each value of a label took, and what is without', () => {
    fc.assert(
      fc.property(arbitrarySamples, (taken) => {
        const data = new ReportData(columnsOf(profileOf(taken), ''));
        const route = data.label('route');
        fc.pre(route !== undefined);
        const values = data.columns.samples.values[0] ?? new Float64Array();
        const sums = valuesOfLabel(data.columns, route, (sample) => values[sample] ?? 0);
        const expected = [...route.values, undefined].map((value) =>
          taken.reduce((sum, { route, count }) => sum + (route === value ? count : 0), 0),
        );
        assert.deepEqual([...sums], expected);
      }),
    );
  });

  it('has each line once for a sample, with what it called', () => {
    fc.assert(
      fc.property(arbitrarySamples, fc.nat(7), (taken, index) => {
        const data = new ReportData(columnsOf(profileOf(taken), ''));
        const found = lineValues(
          data.columns,
          data.weights(0, everything),
          (other) => data.functionName(other) === `f${index}`,
        );
        for (let line = 0; line < 4; line++) {
          const isHere = (place: readonly [number, number] | undefined) => place?.[0] === index && place[1] === line;
          const sum = (counts: (taken: Taken) => boolean) =>
            taken.reduce((all, one) => all + (counts(one) ? one.count : 0), 0);
          const { flat = 0, cum = 0 } = found.get(10 * index + line + 1) ?? {};
          assert.equal(
            flat,
            sum(({ stack }) => isHere(stack.at(-1))),
          );
          assert.equal(
            cum,
            sum(({ stack }) => stack.some(isHere)),
          );
        }
      }),
    );
  });

  it('says what it leaves out of stacks that are too deep', () => {
    const stack = Array.from({ length: 5000 }, (): [number, number] => [1, 1]);
    const columns = columnsOf(profileOf([{ stack, count: 2, route: undefined }]), '');
    assert.equal(columns.nodes.frame.length, 4098);
    assert.ok(
      columns.comments.includes('1 samples have more than 4096 frames: what is beyond is under (cut) in this report'),
    );
    assert.deepEqual(table(columns, 0), [
      ['(cut)', 2, 2],
      ['f1', 0, 2],
    ]);
  });
});

describe('what a report has no room for', () => {
  it('is left out and said: labels, sample types and comments beyond what anybody reads', () => {
    const model = profileOf([{ stack: [[1, 1]], count: 2, route: '/a' }]);
    const columns = columnsOf(
      {
        ...model,
        sampleTypes: Array.from({ length: 40 }, (_, index) => ({ type: `type${index}`, unit: 'count' })),
        defaultSampleType: '',
        samples: [
          {
            stack: [4],
            values: Array.from({ length: 40 }, (_, index) => index),
            labels: Array.from({ length: 1000 }, (_, index) => ({ key: `key${index}`, value: 'a', unit: '' })),
          },
        ],
        comments: Array.from({ length: 600 }, (_, index) => `comment ${index}`),
      },
      '',
    );
    assert.equal(columns.labelSets[1]?.length, 64);
    assert.equal(columns.sampleTypes.length, 32);
    assert.equal(columns.samples.values.length, 32);
    assert.deepEqual(columns.comments.slice(499), [
      'comment 499',
      '936 labels of samples are not in this report: there are more than 64 different ones',
      '8 sample types are not in this report',
      '100 comments are not in this report',
    ]);
  });
});

describe('a call tree', () => {
  const grown = (taken: readonly Taken[]) => {
    const data = new ReportData(columnsOf(profileOf(taken), ''));
    const keying = keyingOf(data.columns, data.origins, 'function', new Set());
    return { data, keying, weights: data.weights(0, everything) };
  };

  it('from the root has every stack, whatever the lines', () => {
    fc.assert(
      fc.property(arbitrarySamples, (taken) => {
        const { data, keying, weights } = grown(taken);
        const tree = CallTree.down(data.columns, keying, [{ weights }]);
        assert.deepEqual(
          waysOf(data, keying, tree),
          new Map(
            sorted(
              expectedWays(taken, (stack) => [stack]),
              waysOf(data, keying, tree),
            ),
          ),
        );
      }),
    );
  });

  it('from the leaves has them the other way round', () => {
    fc.assert(
      fc.property(arbitrarySamples, (taken) => {
        const { data, keying, weights } = grown(taken);
        const ways = waysOf(data, keying, CallTree.up(data.columns, keying, [{ weights }]));
        assert.deepEqual(
          ways,
          new Map(
            sorted(
              expectedWays(taken, (stack) => [stack.toReversed()]),
              ways,
            ),
          ),
        );
      }),
    );
  });

  it('around a function has what it calls from its first call on, and who calls that', () => {
    fc.assert(
      fc.property(arbitrarySamples, fc.nat(7), (taken, index) => {
        const { data, keying, weights } = grown(taken);
        const key = Array.from(keying.representative).findIndex((other) => data.functionName(other) === `f${index}`);
        fc.pre(key !== -1);
        const outermost = outermostKeys(data.columns, keying);
        const around = (direction: 'callers' | 'callees') =>
          waysOf(data, keying, CallTree.around(data.columns, keying, outermost, weights, key, direction));
        const cut = (stack: string[], slice: (at: number) => string[]) => {
          const at = stack.indexOf(`f${index}`);
          return at === -1 ? [] : [slice(at)];
        };
        const callees = around('callees');
        const callers = around('callers');
        assert.deepEqual(
          callees,
          new Map(
            sorted(
              expectedWays(taken, (stack) => cut(stack, (at) => stack.slice(at + 1))),
              callees,
            ),
          ),
        );
        assert.deepEqual(
          callers,
          new Map(
            sorted(
              expectedWays(taken, (stack) => cut(stack, (at) => stack.slice(0, at).reverse())),
              callers,
            ),
          ),
        );
      }),
    );
  });

  it('of files has those that call themselves as one frame', () => {
    fc.assert(
      fc.property(arbitrarySamples, (taken) => {
        const data = new ReportData(columnsOf(profileOf(taken), ''));
        const keying = keyingOf(data.columns, data.origins, 'file', new Set());
        const tree = CallTree.down(data.columns, keying, [{ weights: data.weights(0, everything) }]);
        const ways = new Map<string, number>();
        const visit = (group: Group, way: string) => {
          for (const child of tree.childrenOf(group)) {
            const name = data.functionFile(keying.representative[child.key] ?? 0);
            ways.set(`${way};${name}`, child.total);
            visit(child, `${way};${name}`);
          }
        };
        for (const root of tree.roots) visit(root, '');
        const expected = new Map<string, number>();
        for (const { stack, count } of taken) {
          const files = stack.map(([index]) => `/srv/${index % 3}.js`).filter((file, i, all) => file !== all[i - 1]);
          for (let length = 1; length <= files.length && count > 0; length++) {
            const way = `;${files.slice(0, length).join(';')}`;
            expected.set(way, (expected.get(way) ?? 0) + count);
          }
        }
        assert.deepEqual(ways, new Map(sorted(expected, ways)));
      }),
    );
  });
});

/** In the order of the other one, so that two maps with the same entries are equal. */
function sorted(map: ReadonlyMap<string, number>, like: ReadonlyMap<string, number>): [string, number][] {
  const order = [...like.keys()];
  return [...map].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
}
