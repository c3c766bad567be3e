import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Profile } from 'profbuf';
import { readProfileFile } from '#profbuf/profile/read/profile-file.js';
import { amount, share } from '#profbuf/report/amounts.js';
import { executablePath, flags, skip, stepMs } from '../chromium-program.js';
import { Folder, main, profbuf } from '../cli/command.js';
import { otherEngines } from '../other-engines.js';
import { goMadeProfiles, skip as skipWithoutGo } from '../profile/go-pprof.js';
import { openPage } from './open-page.js';

let browser: Browser;

// With a word it does something more than without.
const program = `
  const busy = (end) => { let sum = 0; while (Date.now() < end) for (let i = 0; i < 1e5; i++) sum += Math.sqrt(i); return sum; };
  function hot() { return busy(Date.now() + 300); }
  function extra() { return busy(Date.now() + 200); }
  hot();
  if (process.argv[2] === 'more') extra();
`;

const datadog = `
  const { time, encode } = require(${JSON.stringify(createRequire(import.meta.url).resolve('@datadog/pprof'))});
  time.start({ intervalMicros: 1000, durationMillis: 60_000 });
  require('./app.cjs');
  encode(time.stop()).then((bytes) => require('node:fs').writeFileSync(process.argv[3], bytes));
`;

/** Bun 1.4 hangs in one of twenty runs with --cpu-prof, before it writes, and does not without: such runs are done once more. */
function run(command: string, args: readonly string[], cwd: string, tries = 4): void {
  const options = { cwd, encoding: 'utf8', timeout: 15_000, killSignal: 'SIGKILL' } as const;
  const { status, signal, stderr, error } = spawnSync(command, args, options);
  if (signal === 'SIGKILL' && tries > 1) run(command, args, cwd, tries - 1);
  else assert.equal(status, 0, `${command} ${args.join(' ')}: ${error ?? stderr}`);
}

/** The same program twice, the second time with more to do: profiles of it, and the function that took most. */
interface Recorded {
  readonly files: readonly [string, string];
  readonly hot: string;
}

type Recorder = (folder: Folder) => Recorded;

/** Runs the program once plain and once with more, `record` having it profiled. */
function twice(record: (word: string, file: string, folder: Folder) => void, ending: string): Recorder {
  return (folder) => {
    folder.write('app.cjs', program);
    const files = [`plain${ending}`, `more${ending}`] as const;
    record('plain', files[0], folder);
    record('more', files[1], folder);
    return { files, hot: 'hot' };
  };
}

/** What writes a .cpuprofile of a name of its own into a folder. */
const byCpuProf = (path: string, args: readonly string[]) =>
  twice((word, file, folder) => {
    run(path, [...args, '--cpu-prof', `--cpu-prof-dir=${word}`, 'app.cjs', word], folder.path);
    const [name = ''] = readdirSync(join(folder.path, word)).filter((one) => one.endsWith('.cpuprofile'));
    folder.write(file, folder.read(join(word, name)));
  }, '.cpuprofile');

const recorders: Readonly<Record<string, Recorder>> = {
  profbuf: twice((word, file, folder) => {
    run(process.execPath, [main, 'record', '-q', '--rate', '1000', '-o', file, 'app.cjs', word], folder.path);
  }, '.pb.gz'),
  '@datadog/pprof': twice((word, file, folder) => {
    folder.write('datadog.cjs', datadog);
    run(process.execPath, ['datadog.cjs', word, file], folder.path);
  }, '.pb.gz'),
  Go(folder) {
    folder.write('plain.pb.gz', goMadeProfiles().cpu);
    folder.write('more.pb.gz', goMadeProfiles().cpu);
    return { files: ['plain.pb.gz', 'more.pb.gz'], hot: 'main.fib' };
  },
  ...Object.fromEntries(
    otherEngines.map(({ name, path }) => [name, byCpuProf(path, name === 'Deno' ? ['run', '--allow-all'] : [])]),
  ),
};

/** What each function took of a profile, by name, and its unit. */
function figuresOf(profile: Profile) {
  const { model } = profile;
  const type = model.sampleTypes.at(-1);
  assert.ok(type !== undefined);
  const all = model.samples.reduce((sum, { values }) => sum + Number(values.at(-1) ?? 0), 0);
  const rows = new Map(profile.top(undefined, type.type).map((row) => [row.functionName, row]));
  return { type: type.type, unit: type.unit, all, rows };
}

async function opened(t: TestContext, words: readonly string[], folder: Folder, fragment: string): Promise<Page> {
  const { code, stderr } = await profbuf(['report', '-o', 'report.html', ...words], { cwd: folder.path });
  assert.equal(code, 0, stderr);
  const url = `${pathToFileURL(join(folder.path, 'report.html')).href}${fragment}`;
  const { page, problems } = await openPage(t, browser, url);
  t.after(() => assert.deepEqual(problems, []));
  return page;
}

const captioned = (page: Page, text: string) => page.locator('#caption').filter({ hasText: text }).waitFor();

async function looksAt(t: TestContext, folder: Folder, { files, hot }: Recorded): Promise<void> {
  const [plain, more] = files.map((file) => figuresOf(readProfileFile(folder.read(file))));
  assert.ok(plain !== undefined && more !== undefined);
  const { type, unit } = plain;
  const all = plain.all + more.all;
  const cum = (plain.rows.get(hot)?.cum ?? 0) + (more.rows.get(hot)?.cum ?? 0);
  assert.ok(cum > all / 4, `${hot} has ${cum} of ${all}`);
  const part = (value: number) =>
    value === all
      ? `${amount(all, unit)} ${type}`
      : `${amount(value, unit)} of ${amount(all, unit)} ${type}, ${share(value, all)}`;

  const page = await opened(t, files, folder, `#show=name&type=${type}`);
  await captioned(page, `${amount(all, unit)} ${type}`);

  await page.keyboard.press('/');
  await page.keyboard.type(`^${hot.replace('.', '\\.')}$`);
  await page
    .locator('#found')
    .filter({ hasText: `1 found, ${amount(cum, unit)}, ` })
    .waitFor();
  await page.check('#only');
  await captioned(page, part(cum));
  await page.uncheck('#only');
  await page.fill('#search', '');

  await page.locator('#view-flame canvas').focus();
  for (let steps = 0; !(await page.textContent('#announcement'))?.startsWith(`${hot},`); steps++) {
    assert.ok(steps < 60, `the heaviest stack does not come to ${hot}`);
    await page.keyboard.press('ArrowDown');
  }
  await page.keyboard.press('Enter');
  await captioned(page, `zoomed in on ${hot}: `);
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('#caption')?.textContent?.includes('zoomed'));

  await page.click('#tab-side-labels');
  await page.selectOption('#label-key', 'file');
  await page.click(`#side-labels tr:has-text("${files[1]}") button:text-is("only")`);
  await captioned(page, part(more.all));

  // On paper there is all of it, and nothing to press.
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('#type').isVisible(), false);
  assert.equal(await page.locator('.chip').isVisible(), true);
  assert.ok((await page.pdf()).length > 10_000);
}

async function compares(t: TestContext, folder: Folder, { files }: Recorded): Promise<void> {
  const [base, next] = files.map((file) => figuresOf(readProfileFile(folder.read(file))));
  assert.ok(base !== undefined && next !== undefined);
  const page = await opened(t, ['--base', files[0], files[1]], folder, '');
  await page.selectOption('#show', 'name');
  await page.selectOption('#type', base.type);
  const names = [...new Set([...base.rows.keys(), ...next.rows.keys()])];
  const changeOf = (name: string) =>
    ((next.rows.get(name)?.flat ?? 0) / next.all - (base.rows.get(name)?.flat ?? 0) / base.all) * 100;
  const largest = Math.max(...names.map((name) => Math.abs(changeOf(name))));
  const first = page.locator('#side-functions tr[aria-rowindex="2"]');
  const isLargest = (name: string) => Math.abs(Math.abs(changeOf(name)) - largest) < 1e-9;
  const expected = names
    .filter(isLargest)
    .map((name) => `${changeOf(name) > 0 ? '+' : ''}${changeOf(name).toFixed(2)}`);
  await first.filter({ hasText: new RegExp(expected.map((text) => text.replace(/\W/g, '\\$&')).join('|')) }).waitFor();
  const change = (await first.locator('td').nth(2).textContent()) ?? '';
  const name = (await first.locator('.name').textContent()) ?? '';
  assert.ok(expected.includes(change) && isLargest(name), `${name} ${change}, expected ${expected.join()}`);
}

describe('the page of a report has the profiles of other tools', { skip }, () => {
  before(async () => {
    browser = await chromium.launch({ executablePath, args: [...flags], timeout: stepMs });
  });
  after(() => browser?.close());

  for (const [name, record] of Object.entries(recorders)) {
    it(`as of ${name}: search, zoom, label, print, and what differs`, {
      skip: name === 'Go' && skipWithoutGo,
    }, async (t) => {
      const folder = new Folder(t);
      const recorded = record(folder);
      await looksAt(t, folder, recorded);
      await compares(t, folder, recorded);
    });
  }
});
