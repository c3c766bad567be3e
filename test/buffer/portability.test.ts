import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const room = fileURLToPath(new URL('.', import.meta.resolve('profbuf/buffer')));

describe('profbuf/buffer', () => {
  it('imports nothing but itself, so that it runs wherever JavaScript does', () => {
    const files = readdirSync(room).filter((name) => name.endsWith('.js'));
    assert.ok(files.length >= 6);
    for (const file of files) {
      for (const [, from] of readFileSync(`${room}${file}`, 'utf8').matchAll(/(?:from|import\()\s*['"]([^'"]+)['"]/g)) {
        assert.match(from ?? '', /^\.\/[a-z]+\.js$/, `${file} imports ${from}`);
      }
    }
  });

  it('touches no global that only Node has', () => {
    for (const file of readdirSync(room).filter((name) => name.endsWith('.js'))) {
      assert.doesNotMatch(
        readFileSync(`${room}${file}`, 'utf8'),
        /\b(process|Buffer|require|__dirname|setImmediate)\b[.(]/,
      );
    }
  });

  it('can be required as well as imported', async () => {
    const { createRequire } = await import('node:module');
    const required = createRequire(import.meta.url)('profbuf/buffer');
    const imported = await import('profbuf/buffer');
    assert.deepEqual(Object.keys(required).sort(), Object.keys(imported).sort());
  });
});
