// Work in turns with long system calls that work, too: `write` or `read` of 64 MB in one call. V8's samples come when
// the call is over: one stands for all of it.
const { existsSync, mkdtempSync, openSync, readSync, rmSync, writeSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { busy, report, row } = require('./ledger.cjs');

// A disk would have the thread wait.
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'profbuf-truth-'));
const file = openSync(join(folder, 'file'), 'w+');
// It goes with the process, however that ends.
rmSync(folder, { recursive: true });
const bytes = Buffer.alloc(64e6, 97);

function compute() {
  return busy(100);
}

function write() {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, bytes.length - at, at);
}

function read() {
  for (let at = 0; at < bytes.length; ) at += readSync(file, bytes, at, bytes.length - at, at);
}

function fill() {
  return writeSync(file, bytes, 0, bytes.length, 0);
}

fill();
const computing = row('compute');
const call = process.argv[2] === 'read' ? read : write;
const calling = row(call.name);
for (let i = 0; i < 12; i++) {
  computing.run(compute);
  calling.run(call);
}
report();
