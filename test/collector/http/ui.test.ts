import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it, type TestContext } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { Profile, startProfiler } from 'profbuf';
import { pprofHandler } from 'profbuf/http';
import { executablePath, flags, skip, stepMs } from '../../chromium-program.js';
import { busyProgram, ServedProgram } from './served-program.js';

let browser: Browser;

async function open(t: TestContext, url: string, password?: string): Promise<{ page: Page; problems: string[] }> {
  const credentials = password === undefined ? {} : { httpCredentials: { username: 'any', password } };
  const context = await browser.newContext(credentials);
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(stepMs);
  const problems: string[] = [];
  page.on('console', (message) => problems.push(message.text()));
  page.on('pageerror', ({ message }) => problems.push(message));
  await page.goto(`${url}/debug/pprof/ui`);
  return { page, problems };
}

async function collect(page: Page, kind: string, seconds: string): Promise<void> {
  await page.selectOption('#live-kind', kind);
  await page.fill('#live-seconds', seconds);
  await page.click('#live-collect');
}

describe('the page of a running program, in Chromium', { skip }, () => {
  before(async () => {
    browser = await chromium.launch({ executablePath, args: [...flags], timeout: stepMs });
  });
  after(() => browser?.close());

  it('collects and shows while the program hangs', async (t) => {
    const program = await ServedProgram.hanging(t);
    const { page, problems } = await open(t, program.url);
    await collect(page, 'profile', '1');
    await page.locator('#live-status:has-text("collecting: ")').waitFor();
    await page.locator('#side-functions .name:text-is("hang")').waitFor();
    assert.match((await page.textContent('#title')) ?? '', /^127\.0\.0\.1:\d+ profile$/);
    await page.click('#tab-side-notes');
    assert.match((await page.textContent('#side-notes')) ?? '', /profbuf: Node\.js/);
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#live-save')]);
    assert.equal(download.suggestedFilename(), 'profile.pb.gz');
    const saved = Profile.decode(readFileSync(await download.path()));
    assert.equal(saved.top(1)[0]?.functionName, 'hang');
    // And again, in place of the first one: numbers of its functions are others, and so is what was zoomed in on.
    await page.click('#tab-side-functions');
    await page.click('#side-functions .name:text-is("hang")');
    await page.click('#view-flame canvas', { position: { x: 40, y: 19 + 8 } });
    await page.locator('#caption:has-text("zoomed in on")').waitFor();
    await page.click('#side-functions .name:text-is("hang")');
    await collect(page, 'wall', '1');
    await page.locator('#title:has-text("wall")').waitFor();
    await page.locator('#side-functions tr[aria-selected="true"] .name:text-is("hang")').waitFor();
    assert.doesNotMatch((await page.textContent('#caption')) ?? '', /zoomed/);
    assert.match(page.url(), /#at=\d+$/);
    assert.equal(await page.locator('#views [role=tab]').count(), 4);
    assert.deepEqual(problems, []);
  });

  it('works behind a token, shows what is there at the moment, says why there is nothing, and stops', async (t) => {
    const token = 's3cret+/=';
    const program = await ServedProgram.start(t, busyProgram, {
      env: { PROFBUF_HTTP_TOKEN: token, PROFBUF_ALLOCS: '1' },
    });
    const { page, problems } = await open(t, program.url, token);
    await page.selectOption('#live-kind', 'goroutine');
    assert.equal(await page.isDisabled('#live-seconds'), true);
    await page.click('#live-collect');
    await page.locator('#title:has-text("goroutine")').waitFor();
    assert.deepEqual(problems, []);
    await page.selectOption('#live-kind', 'heap');
    await page.click('#live-collect');
    await page.locator('#live-status:has-text("No profile: 409: ")').waitFor();
    await collect(page, 'profile', '600');
    await page.click('#live-stop');
    await page.locator('#live-status:text-is("Stopped.")').waitFor();
  });

  it('is where an application mounts the endpoints, too', async (t) => {
    const profiler = await startProfiler();
    t.after(() => profiler.stop());
    const server = createServer(pprofHandler());
    t.after(() => server.close().closeAllConnections());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { page, problems } = await open(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await collect(page, 'wall', '1');
    await page.locator('#caption:has-text("wall")').waitFor();
    assert.deepEqual(problems, []);
  });
});
