import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { ProfBufError } from 'profbuf/buffer';
import { executablePath, flags, skip, stepMs } from '../../chromium-program.js';
import { TOLERANCE } from '../threads/allocation-ways.js';
import type { Tasks } from './page.js';
import type { Outcome } from './tasks.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

/**
 * Serves dist/ as it is published, and the tests' own modules with their imports made paths: import maps do not reach
 * workers and worklets. The headers isolate the page, which is the condition for shared memory.
 */
const server = createServer(({ url = '/' }, response) => {
  const path = new URL(url, 'http://localhost').pathname;
  const isPage = path === '/' || path === '/unisolated';
  if (!isPage && !/^\/(dist|build)\/[\w/.-]+\.js$/.test(path)) return response.writeHead(404).end();
  response.setHeader('content-type', isPage ? 'text/html' : 'text/javascript');
  if (path !== '/unisolated') {
    response.setHeader('cross-origin-opener-policy', 'same-origin');
    response.setHeader('cross-origin-embedder-policy', 'require-corp');
  }
  if (path === '/unisolated') return response.end();
  if (isPage) return response.end('<script type="module" src="/build/test/buffer/browser/page.js"></script>');
  const text = readFileSync(`${root}${path}`, 'utf8');
  if (path.startsWith('/dist/')) return response.end(text);
  return response.end(text.replace("'profbuf/buffer'", "'/dist/buffer/index.js'").replace("'#profbuf/", "'/dist/"));
});

describe('in Chromium', { skip }, () => {
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];

  /** Does one of the page's tasks. */
  function inPage<Name extends keyof Tasks>(name: Name) {
    return page.evaluate<unknown, string>(
      (key) => (globalThis as unknown as { tasks: Tasks }).tasks[key as keyof Tasks](),
      name,
    ) as Promise<Awaited<ReturnType<Tasks[Name]>>>;
  }

  function assertComplete({ delivered, lost, lostByWriter }: Outcome, attempts: number): void {
    assert.equal(delivered + lost, attempts);
    assert.equal(lost, lostByWriter);
    assert.ok(delivered > 0);
  }

  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    browser = await chromium.launch({
      executablePath,
      timeout: stepMs,
      args: [
        ...flags,
        '--autoplay-policy=no-user-gesture-required',
        '--enable-precise-memory-info',
        '--js-flags=--expose-gc --min-semi-space-size=64 --max-semi-space-size=64',
      ],
    });
    page = await browser.newPage();
    page.setDefaultTimeout(stepMs);
    page.on('pageerror', ({ message }) => problems.push(message));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction(() => 'tasks' in globalThis);
    assert.equal(await inPage('isIsolated'), true);
  });

  after(async () => {
    await browser?.close();
    server.close();
    assert.deepEqual(problems, []);
  });

  it('a worker writes, and the page reads with waitAsync', async () => {
    assertComplete(await inPage('workerToPageAsleep'), 100_000);
  });

  it('a worker writes, and the page polls', async () => {
    assertComplete(await inPage('workerToPagePolling'), 100_000);
  });

  it('a worker writes and waits for room, and the page iterates and gets everything', async () => {
    const outcome = await inPage('workerToPageIterating');
    assertComplete(outcome, 100_000);
    assert.equal(outcome.lost, 0);
  });

  it('the page writes, and a worker reads with wait', async () => {
    assertComplete(await inPage('pageToWorker'), 10_000);
  });

  it('an AudioWorklet writes, and the page reads', async () => {
    assertComplete(await inPage('audioToPage'), 20_000);
  });

  it('an AudioWorklet writes, and a worker reads', async () => {
    assertComplete(await inPage('audioToWorker'), 20_000);
  });

  it('an AudioWorklet reads by polling, and may not block', async () => {
    const outcome = await inPage('pageToAudio');
    assertComplete(outcome, 10_000);
    assert.equal(outcome.refusal, 'BLOCKING_FORBIDDEN');
  });

  it('a page may not block, and wait says so unless there is something to read', async () => {
    assert.deepEqual(await inPage('waitOnPage'), { refusal: 'BLOCKING_FORBIDDEN', isReady: true, time: 0 });
  });

  it('a page that is not isolated has no ring, and says what to do', async () => {
    const unisolated = await browser.newPage();
    unisolated.setDefaultTimeout(stepMs);
    await unisolated.goto(`${page.url()}unisolated`);
    const { code, message } = await unisolated.evaluate(async (file) => {
      const { allocate } = (await import(file)) as typeof import('profbuf/buffer');
      try {
        allocate({ words: 64 });
        return { code: 'none', message: '' };
      } catch (error) {
        const { code, message } = error as ProfBufError;
        return { code, message };
      }
    }, '/dist/buffer/index.js');
    assert.equal(code, 'NO_SHARED_MEMORY');
    assert.match(message, /not cross-origin isolated.*Cross-Origin-Opener-Policy: same-origin/);
    await unisolated.close();
  });

  it('a million writes and reads allocate nothing, with its small integers of 31 bits', async () => {
    const growths = await inPage('growths');
    const control = growths.pop();
    assert.ok(control && control.bytes > 10_000_000, `an object a record grew the heap by ${control?.bytes} bytes`);
    for (const { way, bytes } of growths) assert.ok(bytes <= TOLERANCE, `${way}: ${bytes} bytes`);
  });
});
