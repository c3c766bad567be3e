// Holds the program before its first line until its profile is being collected: until the file is there.
const { existsSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');

const file = process.env.TRUTH_READER;
const word = new Int32Array(new SharedArrayBuffer(4));
for (const end = Date.now() + 30_000; isMainThread && !existsSync(file); Atomics.wait(word, 0, 0, 5)) {
  if (Date.now() > end) throw new Error(`nobody collects a profile: there is no ${file}`);
}
