#!/usr/bin/env bash
# Node.js 24.21.0 and 26.10.0: what it costs to begin and to end a CPU profile depends on whether another one runs, and hardly on itself.
#
# A good guess is wrong: "a profile of 30 ms has a handful of samples whatever it is, so windows that follow each other cost the same as windows
# that overlap, and a lower rate makes their ends cheaper". To end one by the handle of v8.startCpuProfile() takes some hundredths of
# a millisecond beside another one, and 20 to 40 times as long if it is the last; to begin the first takes 15 to 18 ms in a program
# that has loaded nothing, and one beside it 0.03 to 0.07. V8 learns all code of the heap when its first profile begins, and gives all of that up
# when its last one ends. The sampling interval makes no difference. So who has windows begins each before the last one ends, also
# the one after the last window: a profile that nobody will read is cheaper than none.
#
# Seen (medians of 15, ms: begin the first, begin beside it; end beside another, end the last; at an interval of 1, 10 and 100 ms):
#   v24.21.0 16.3 0.04 0.09 2.0; 16.8 0.04 0.08 2.2; 15.2 0.04 0.09 2.1
#   v26.10.0 16.1 0.06 0.07 2.2; 18.3 0.07 0.07 2.4; 18.4 0.07 0.06 3.0
#
# Exits non-zero when to begin the first takes less than 50 times, or to end the last less than 8 times, what it takes beside another one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >profiles.cjs <<'PROGRAM'
const { setFlagsFromString, startCpuProfile } = require('node:v8');
const intervals = [1, 10, 100];
const spin = () => {
  for (const until = performance.now() + 30; performance.now() < until; );
};
const timed = (times, work) => {
  const begin = performance.now();
  const result = work();
  times.push(performance.now() - begin);
  return result;
};
const median = (times) => times.sort((a, b) => a - b)[times.length >> 1];
let isSo = true;
const found = intervals.map((sampleInterval) => {
  // Node 24 looks at the flag, 26 at the option.
  setFlagsFromString(`--cpu-profiler-sampling-interval=${sampleInterval * 1000}`);
  const start = () => startCpuProfile({ sampleInterval });
  const [first, beside, endBeside, endLast] = [[], [], [], []];
  for (let round = 0; round < 15; round++) {
    const one = timed(first, start);
    spin();
    const other = timed(beside, start);
    timed(endBeside, () => one.stop());
    spin();
    timed(endLast, () => other.stop());
  }
  isSo &&= median(first) > 50 * median(beside) && median(endLast) > 8 * median(endBeside);
  const [a, b, c, d] = [first, beside, endBeside, endLast].map(median);
  return `${a.toFixed(1)} ${b.toFixed(2)} ${c.toFixed(2)} ${d.toFixed(1)}`;
});
console.log(`${process.version} ${found.join('; ')}`);
process.exit(isSo ? 0 : 1);
PROGRAM
for version in 24.21.0 26.10.0; do
  npm install --silent --no-save --no-audit --no-fund --prefix "node-$version" "node@$version" >/dev/null
  "node-$version/node_modules/node/bin/node" profiles.cjs
done
