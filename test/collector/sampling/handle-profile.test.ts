import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHandleProfile, UnreadableProfileError } from '#profbuf/collector/sampling/handle-profile.js';
import { Folder } from '../../cli/command.js';
import { runtimes } from '../../runtimes.js';
import { runProfiled } from '../profiled-program.js';

/** As Node 26.10 gives it, but for the times. */
function textOf(startTime: number, endTime: number): string {
  const root = `{"id":1,"hitCount":0,"callFrame":{"functionName":"(root)","lineNumber":-1,"columnNumber":-1,"scriptId":"0","url":""}}`;
  return `{"nodes":[${root}],"startTime":${startTime},"endTime":${endTime},"samples":[1,1],"timeDeltas":[10,20]}`;
}

const turn = 2 ** 32;

// V8 writes the low 32 bits of the microseconds since the machine started: they begin anew after 71.6 minutes.
for (const [title, start] of [
  ['in its first 71 minutes', 5e6],
  ['after them', turn + 5e6],
  ['after a year', 365 * 86_400e6],
] as const) {
  test(`times of a profile handle are those of process.hrtime on a machine that is up: ${title}`, () => {
    const { startTime, endTime } = readHandleProfile(textOf(start % turn, (start + 250_000) % turn), start + 300_000);
    assert.deepEqual({ startTime, endTime }, { startTime: start, endTime: start + 250_000 });
  });
}

test('likewise where the profile was running when they began anew', () => {
  const profile = readHandleProfile(textOf(turn - 100_000, 150_000), turn + 200_000);
  assert.equal(profile.startTime, turn - 100_000);
  assert.equal(profile.endTime, turn + 150_000);
});

test('times that were written whole stay as they are', () => {
  const profile = readHandleProfile(textOf(3 * turn + 5, 3 * turn + 10), 3 * turn + 20);
  assert.equal(profile.startTime, 3 * turn + 5);
  assert.equal(profile.endTime, 3 * turn + 10);
});

/** As Node 24.21 and 26.10 write it: names and urls stand in it as they are. */
function textWith(frames: readonly { readonly functionName: string; readonly url: string }[]): string {
  const nodes = frames.map(({ functionName, url }, i) => {
    const children = i + 1 < frames.length ? `,"children":[${i + 2}]` : ',"positionTicks":[{"line":3,"ticks":2}]';
    return `{"id":${i + 1},"hitCount":2,"callFrame":{"functionName":"${functionName}","lineNumber":${i},"columnNumber":4,"scriptId":7,"url":"${url}"}${children}}`;
  });
  return `{"nodes":[${nodes.join(',')}],"startTime":5000000,"endTime":5250000,"samples":[1,1],"timeDeltas":[10,20]}`;
}

test('names and urls come back as the program has them, with their quotes and backslashes', () => {
  const names = [
    'plain',
    String.raw`/^a\d+"b"\\$/`,
    '"',
    '\\',
    'x","y',
    'a{b}c',
    '},{"id":',
    'ü\n\t',
    String.raw`C:\new\table`,
  ];
  const frames = names.map((functionName, i) => ({ functionName, url: `file:///${names.at(-1 - i)}` }));
  const { nodes, samples } = readHandleProfile(textWith(frames), 5_300_000);
  assert.deepEqual(
    nodes.map(({ callFrame: { functionName, url } }) => ({ functionName, url })),
    frames,
  );
  assert.deepEqual(
    nodes.map(({ hitCount, children }) => [hitCount, children]),
    frames.map((_, i) => [2, i + 1 < frames.length ? [i + 2] : undefined]),
  );
  assert.deepEqual([nodes.at(-1)?.positionTicks, samples], [[{ line: 3, ticks: 2 }], [1, 1]]);
});

test('so do regular expressions, which are called by what they look for', () => {
  const names = [String.raw`RegExp: "\d+"[^"\\]`, 'RegExp: ","column', 'RegExp: {"}', String.raw`C:\new`, 'RegExp: \t'];
  const frames = names.map((functionName) => ({ functionName, url: String.raw`C:\app\x.js` }));
  const { nodes } = readHandleProfile(textWith(frames), 5_300_000);
  assert.deepEqual(
    nodes.map(({ callFrame: { functionName, url } }) => ({ functionName, url })),
    frames,
  );
});

test('what is no profile of a handle is an error of its own type', () => {
  const text = textWith([{ functionName: '"', url: '' }]);
  for (const damaged of ['', '{}\\', text.slice(0, -20), text.replace('"lineNumber"', '"line"'), text.slice(0, 40)]) {
    assert.throws(() => readHandleProfile(damaged), UnreadableProfileError, damaged);
  }
});

for (const runtime of runtimes.filter(({ major }) => major >= 24)) {
  test(`${runtime.name}: a function with quotes and backslashes for a name is under that name`, async (t) => {
    const folder = new Folder(t);
    const name = String.raw`"\d+" \n C:\new`;
    folder.write(
      'app.js',
      `const functions = { ${JSON.stringify(name)}() { const end = Date.now() + 300; while (Date.now() < end); } };
       functions[${JSON.stringify(name)}]();`,
    );
    await runProfiled(runtime, folder, ['app.js']);
    assert.ok(
      folder
        .profile()
        .top()
        .some(({ functionName, cumPercent }) => functionName === name && cumPercent > 50),
    );
  });
}
