// Work and waiting in turns: for a child process by spawnSync, or with `atomics` for another thread by Atomics.wait. V8 samples
// a thread that waits inside of JavaScript as often as one that works.
const { spawnSync } = require('node:child_process');
const { busy, report, row } = require('./ledger.cjs');

function compile() {
  return busy(200);
}

function tool() {
  return spawnSync('sleep', ['0.3']);
}

const word = new Int32Array(new SharedArrayBuffer(4));
function sleep() {
  return Atomics.wait(word, 0, 0, 300);
}

const compiling = row('compile');
const wait = process.argv[2] === 'atomics' ? sleep : tool;
const waiting = row(wait.name);
for (let i = 0; i < 6; i++) {
  compiling.run(compile);
  waiting.run(wait);
}
report();
