import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CutStacks } from '#profbuf/collector/sampling/cut-stacks.js';
import { readWindow, type V8Node, type V8Profile } from '#profbuf/collector/sampling/window.js';

const ticks = 2000;

/** One function that had so many ticks on each of two lines, 1 ms apart, but which of them on which V8 does not tell. */
function profileOf(lines: readonly { line: number; ticks: number }[]): V8Profile {
  const callFrame = { functionName: 'work', url: 'file:///work.js', lineNumber: 9, columnNumber: 4 };
  const work: V8Node = { id: 2, callFrame, hitCount: ticks, positionTicks: lines };
  const root: V8Node = { id: 1, callFrame: { ...callFrame, functionName: '(root)', lineNumber: -1 }, children: [2] };
  const samples = Array.from({ length: ticks }, () => 2);
  return {
    nodes: [root, work],
    startTime: 1,
    endTime: 1 + ticks * 1000,
    samples,
    timeDeltas: samples.map(() => 1000),
  };
}

function linesOf({ stacks, samples }: ReturnType<typeof readWindow>): Map<number, number> {
  const lines = new Map<number, number>();
  for (const { stack } of samples) {
    const line = stacks[stack]?.[0]?.line ?? 0;
    lines.set(line, (lines.get(line) ?? 0) + 1);
  }
  return lines;
}

suite('a window', () => {
  const profile = profileOf([
    { line: 11, ticks: 1500 },
    { line: 12, ticks: 500 },
  ]);

  test('has as many samples of each line as V8 counted', () => {
    const lines = linesOf(readWindow(profile, 0, new CutStacks()));
    assert.deepEqual([lines.get(11), lines.get(12)], [1500, 500]);
  });

  test('has less of each line alike where the window before had a part of the ticks', () => {
    const window = readWindow(profile, ticks * 750, new CutStacks());
    const lines = linesOf(window);
    assert.equal(window.samples.length, ticks / 4);
    // Off by 17 on average: by chance, one in a million is off by more than this.
    assert.ok(Math.abs((lines.get(12) ?? 0) - ticks / 16) < 85, JSON.stringify([...lines]));
  });

  test('shows a tick in a function that was inlined as a frame of that, on that line, before the one around it', () => {
    const inlined = { functionName: 'inlined', url: 'file:///other.js', lineNumber: 100, columnNumber: 3 };
    const around = { functionName: 'around', url: 'file:///other.js', lineNumber: 200, columnNumber: 3 };
    const { stacks, unknownSamples } = readWindow(profile, 0, new CutStacks(), (_, line) =>
      line === 12 ? { kind: 'inlined', functions: [inlined, around] } : { kind: 'unknown' },
    );
    const places = stacks.map((stack) =>
      stack.map(({ functionName, line, isInlined = false }) => `${functionName}:${line} ${isInlined}`),
    );
    assert.deepEqual(
      new Set(places.map(String)),
      new Set(['work:10 false', 'inlined:12 true,around:201 true,work:10 false']),
    );
    assert.equal(unknownSamples, 1500);
  });
});
