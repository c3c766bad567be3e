// What Linux has booked for this thread: milliseconds on a processor, and milliseconds that it waited for one.
const { readFileSync } = require('node:fs');
const word = new Int32Array(new SharedArrayBuffer(4));

module.exports = () => {
  // A thread that runs is booked at the next tick, up to 4 ms late; one that goes to sleep, at once.
  Atomics.wait(word, 0, 0, 1);
  const [cpuNanos, waitNanos] = readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ');
  return { cpuMs: cpuNanos / 1e6, waitMs: waitNanos / 1e6 };
};
