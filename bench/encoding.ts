// Writing and reading a pprof file of 50,000 stacks, beside pprof-format, the library that @datadog/pprof uses; and a checkpoint
// of the collector when its table of stacks is all but full.
// node --expose-gc build/bench/encoding.js [rounds]
import * as pprofFormat from 'pprof-format';
import { ProfileBuilder } from '#profbuf/profile/builder.js';
import { decodePprof } from '#profbuf/profile/read/pprof.js';
import { encodePprof } from '#profbuf/profile/write/pprof.js';
import { cpuModel } from './cpu-model.js';
import { median } from './median.js';

const stackCount = 50_000;
const stackDepth = 30;
const locationCount = 5_000;
const rounds = Number(process.argv[2] ?? 15);

const functions = Array.from({ length: locationCount }, (_, index) => ({
  name: `function${index}`,
  systemName: '',
  filename: `/srv/app/file${index % 100}.js`,
  startLine: index + 1,
}));
const model = cpuModel({
  samples: Array.from({ length: stackCount }, () => ({
    stack: Array.from({ length: stackDepth }, () => Math.floor(Math.random() * locationCount)),
    values: [3, 30_000_000],
    labels: [],
  })),
  locations: functions.map(({ startLine }, index) => ({
    mapping: -1,
    address: 0,
    lines: [{ function: index, line: startLine + 3, column: 0 }],
    isFolded: false,
  })),
  functions,
});

const fullStackCount = 65_000;
const fullStackDepth = 71;
const bytesInUse = () => {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};
const bytesBefore = bytesInUse();
const builder = new ProfileBuilder(model);
const locations = functions.map(({ name, filename, startLine }) =>
  builder.location({ functionName: name, file: filename, startLine, line: startLine + 3 }),
);
while (builder.sampleCount < fullStackCount) {
  const stack = Array.from({ length: fullStackDepth }, () => locations[Math.floor(Math.random() * locationCount)] ?? 0);
  builder.add(stack, [3, 30_000_000]);
}
const tableBytes = bytesInUse() - bytesBefore;

const file = encodePprof(model);
const peer = pprofFormat.Profile.decode(file);

const work = {
  'encode, profbuf': () => encodePprof(model),
  'encode, pprof-format': () => peer.encode(),
  'decode, profbuf': () => decodePprof(file, 2 ** 27),
  'decode, pprof-format': () => pprofFormat.Profile.decode(file),
  checkpoint: () => builder.build(),
};
const times = new Map(Object.keys(work).map((name) => [name, [] as number[]]));
// All of them in every round, so that a slow moment of the machine meets them alike; the first two only warm up.
for (let round = -2; round < rounds; round++) {
  for (const [name, run] of Object.entries(work)) {
    const start = performance.now();
    run();
    if (round >= 0) times.get(name)?.push(performance.now() - start);
  }
}

const milliseconds = (name: string) => median(times.get(name) ?? []);
console.log(
  `${stackCount} stacks of ${stackDepth} frames, ${file.length} bytes, Node ${process.versions.node}, ${rounds} rounds`,
);
for (const name of times.keys()) console.log(`${name.padEnd(22)} ${milliseconds(name).toFixed(1).padStart(7)} ms`);
for (const operation of ['encode', 'decode']) {
  const ratio = milliseconds(`${operation}, pprof-format`) / milliseconds(`${operation}, profbuf`);
  console.log(`${operation}: ${ratio.toFixed(2)} times as fast as pprof-format`);
}
console.log(
  `checkpoint: ${fullStackCount} stacks of ${fullStackDepth} frames, ${(tableBytes / 1e6).toFixed(0)} MB in the collector`,
);
