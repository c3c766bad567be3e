import { holds } from './holds.js';

// The same at a low rate, at which one sample stands for more, and of the time that passed.
for (const program of ['spawn-sync', 'atomics-wait', 'long-write', 'long-read'] as const) {
  holds(program, { rate: 100, within: 3 });
  holds(program, { unit: 'wall', within: 3 });
}
