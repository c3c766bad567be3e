import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runtimes } from '../../runtimes.js';
import type { CountedGrowth } from './allocation-program.js';
import { TOLERANCE } from './allocation-ways.js';

const program = fileURLToPath(new URL('./allocation-program.js', import.meta.url));
const flags = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];

describe('a million records', () => {
  for (const { name, path } of runtimes) {
    it(`allocate nothing on ${name}`, async () => {
      const { stdout } = await promisify(execFile)(path, [...flags, program]);
      const growths = JSON.parse(stdout) as CountedGrowth[];
      assert.deepEqual(
        growths.map(({ collections }) => collections),
        growths.map(() => 0),
      );
      const control = growths.pop();
      assert.ok(control && control.bytes > 10_000_000, `an object a record grew the heap by ${control?.bytes} bytes`);
      assert.equal(growths.length, 6);
      for (const { way, bytes } of growths) assert.ok(bytes <= TOLERANCE, `${way}: ${bytes} bytes`);
    });
  }
});
