/**
 * How soon the page of a report is there, beside speedscope opening the same profile, and what a zoom, a search and a filter
 * take: `npm run bench:report`, in Chromium. Opening is until the first picture and table stand. Of each action it is the longest
 * task of the page's thread, by the browser's own trace: the longest that a frame has to wait. Where other programs want the
 * processors too, the CPU time of that task is the one to look at.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { ProfileModel, Sample } from 'profbuf';
import { Profile } from 'profbuf';
import { columnsOf } from '#profbuf/report/columns.js';
import { reportPage } from '#profbuf/report/report-page.js';
import { executablePath, flags } from '../test/chromium-program.js';
import { serveSpeedscope } from '../test/profile/speedscope-page.js';
import { cpuModel } from './cpu-model.js';
import { median } from './median.js';

const stackCount = 65_000;
const depth = 60;
const functionCount = 5_000;
const lineCount = 3;
const rounds = Number(process.env.ROUNDS ?? 7);
/** It takes its time. */
const speedscopeRounds = Number(process.env.SPEEDSCOPE_ROUNDS ?? 3);
const isSoftware = flags.includes('--disable-gpu');

// The same profiles each time.
let seed = 1;
function random(below: number): number {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
}

const location = () => random(functionCount * lineCount);

/** Each stack leaves another one somewhere between the root and the leaf, as in a program. */
function branchingStacks(): number[][] {
  const stacks = [Array.from({ length: depth }, location)];
  while (stacks.length < stackCount) {
    const other = stacks[random(stacks.length)] ?? [];
    const shared = other.slice(0, 1 + random(depth - 1));
    stacks.push([...shared, ...Array.from({ length: depth - shared.length }, location)]);
  }
  return stacks;
}

/** No stack has more than the root in common with another one: the largest tree that there can be. */
function diverseStacks(): number[][] {
  return Array.from({ length: stackCount }, () => [0, ...Array.from({ length: depth - 1 }, location)]);
}

function profileOf(stacks: readonly (readonly number[])[]): ProfileModel {
  const routes = ['/feed', '/cart', '/search', '/login'];
  return cpuModel({
    samples: stacks.map((stack): Sample => {
      const count = 1 + random(5) ** 3;
      const value = routes[random(routes.length)] ?? '';
      return {
        stack: stack.toReversed(),
        values: [count, count * 10_000_000],
        labels: [{ key: 'route', value, unit: '' }],
      };
    }),
    locations: Array.from({ length: functionCount * lineCount }, (_, index) => ({
      mapping: -1,
      address: 0,
      lines: [
        {
          function: Math.floor(index / lineCount),
          line: 20 * Math.floor(index / lineCount) + (index % lineCount),
          column: 0,
        },
      ],
      isFolded: false,
    })),
    functions: Array.from({ length: functionCount }, (_, index) => ({
      name: `function${index}`,
      systemName: '',
      filename: index % 3 === 0 ? `/srv/app/file${index % 100}.js` : `/srv/node_modules/package${index % 40}/index.js`,
      startLine: 20 * index,
    })),
  });
}

interface TaskTime {
  readonly ms: number;
  readonly cpuMs: number;
}

/** The longest task of the page's thread while something is done. */
async function longestTask(browser: Browser, page: Page, action: () => Promise<void>): Promise<TaskTime> {
  await browser.startTracing(page, {
    categories: ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline'],
  });
  await action();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: { name: string; dur?: number; tdur?: number; pid: number; tid: number; args?: { name?: string } }[];
  };
  const threads = traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain');
  const isMain = (event: { pid: number; tid: number }) =>
    threads.some(({ pid, tid }) => pid === event.pid && tid === event.tid);
  const tasks = traceEvents
    .filter((event) => /RunTask$/.test(event.name) && isMain(event))
    .map(({ dur = 0, tdur = 0 }) => ({ ms: dur / 1000, cpuMs: tdur / 1000 }));
  return {
    ms: Math.max(0, ...tasks.map(({ ms }) => ms)),
    cpuMs: Math.max(0, ...tasks.map(({ cpuMs }) => cpuMs)),
  };
}

const settled = (page: Page) => page.waitForTimeout(400);

/** What is done, untimed, before the action of that name. */
const before: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  'a filter by label': (page) => page.click('#tab-side-labels'),
};

const actions: Readonly<Record<string, (page: Page, round: number, row: number) => Promise<void>>> = {
  zoom: async (page, round, row) => {
    await page.click('#view-flame canvas', { position: { x: 30 + 60 * round, y: 19 * row + 8 } });
  },
  'zoom out': async (page) => {
    await page.click('#whole');
  },
  search: async (page, round) => {
    await page.locator('#search').fill(`function${round + 1}\\d`);
  },
  'only what is found': async (page) => {
    await page.click('#only');
  },
  'all again': async (page) => {
    await page.click('#only');
    await page.locator('#search').fill('');
  },
  'a filter by label': async (page, round) => {
    await page
      .locator('#side-labels button:text-is("only")')
      .nth(round % 4)
      .click();
  },
  'functions under it': async (page) => {
    await page.click('#tab-side-functions');
  },
  'no filter': async (page) => {
    await page.click('.chip');
  },
};

/** A page that is served as it is: from the disk it is the same, but for how the browser reads it. */
async function served(html: string): Promise<{ url: string; close(): void }> {
  const server = createServer((_, response) =>
    response.setHeader('content-type', 'text/html; charset=utf-8').end(html),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => server.close() };
}

async function opened(browser: Browser, url: string, isThere: () => boolean): Promise<{ page: Page; ms: number }> {
  const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
  await page.goto(url, { waitUntil: 'commit' });
  await page.waitForFunction(isThere, undefined, { polling: 'raf', timeout: 600_000 });
  return { page, ms: await page.evaluate(() => performance.now()) };
}

const isReportThere = () => document.querySelector('#side-functions tr[aria-rowindex]') !== null;
const isSpeedscopeThere = () =>
  document.body.textContent?.includes('Left Heavy') === true && document.body.textContent.includes('profile.pb.gz');

/** @param row The row of the picture that is zoomed in on. */
async function measure(what: string, stacks: readonly (readonly number[])[], row: number): Promise<void> {
  const model = profileOf(stacks);
  const file = await Profile.fromModel(model).encode();
  const began = performance.now();
  const columns = columnsOf(model, 'bench');
  const html = await reportPage(columns);
  const made = performance.now() - began;
  console.log(
    `${what}: ${stackCount} stacks of ${depth} frames, ${columns.nodes.frame.length.toLocaleString('en-US')} places in the tree, ` +
      `pprof ${(file.length / 1e6).toFixed(1)} MB, report ${(html.length / 1e6).toFixed(1)} MB, made in ${made.toFixed(0)} ms`,
  );
  const report = await served(html);
  const speedscope = await serveSpeedscope('profile.pb.gz', file);
  const found = new Map<string, number[]>();
  const note = (name: string, ms: number) => found.set(name, [...(found.get(name) ?? []), ms]);
  for (let round = 0; round < rounds; round++) {
    const browser = await chromium.launch({ executablePath, args: [...flags] });
    try {
      const ours = await opened(browser, report.url, isReportThere);
      note('open, report', ours.ms);
      await settled(ours.page);
      for (const [name, act] of Object.entries(actions)) {
        await before[name]?.(ours.page);
        await settled(ours.page);
        const longest = await longestTask(browser, ours.page, async () => {
          await act(ours.page, round, row);
          await settled(ours.page);
        });
        note(name, longest.ms);
        note(`${name}, CPU`, longest.cpuMs);
      }
      await ours.page.close();
      if (round >= speedscopeRounds) continue;
      const theirs = await opened(browser, speedscope.url, isSpeedscopeThere);
      note('open, speedscope', theirs.ms);
      await theirs.page.close();
    } finally {
      await browser.close();
    }
  }
  report.close();
  speedscope.close();
  for (const [name, times] of found) {
    const range = `[${Math.min(...times).toFixed(0)} … ${Math.max(...times).toFixed(0)}]`;
    console.log(`  ${name.padEnd(26)} ${median(times).toFixed(0).padStart(6)} ms ${range}`);
  }
}

console.log(`Chromium${isSoftware ? ' without a graphics card' : ''}, ${rounds} rounds: median [least … most]`);
await measure('branching', branchingStacks(), 3);
await measure('all different', diverseStacks(), 1);
