// Stalls 20 times for 500 ms, and tells when each began, by the clock of the machine.
import { writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

await delay(1500);
for (let i = 0; i < 20; i++) {
  await delay(100 + 7 * i);
  const start = performance.now();
  writeSync(2, `stall ${Date.now()}\n`);
  while (performance.now() - start < 500);
}
