import { holds } from './holds.js';

// V8 samples a thread that waits inside of JavaScript as often as one that works, and a long system call that works but once.
for (const program of ['spawn-sync', 'atomics-wait', 'long-write', 'long-read'] as const) {
  holds(program);
}
