import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { after, before, describe, it, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { Profile } from 'profbuf';
import { columnsOf } from '#profbuf/report/columns.js';
import { pageHtml } from '#profbuf/report/page-html.js';
import { reportPage } from '#profbuf/report/report-page.js';
import { executablePath, flags, skip, stepMs } from '../chromium-program.js';
import { Folder, profbuf } from '../cli/command.js';
import { exampleProfile } from '../profile/example-profile.js';
import { goMadeProfiles, goPprof, skip as skipWithoutGo } from '../profile/go-pprof.js';
import { type Opened, openPage } from './open-page.js';
import { hostileProfile, profileOf } from './profiles.js';

let browser: Browser;

async function reportOf(t: TestContext, profile: Profile): Promise<string> {
  const path = new Folder(t).write('report.html', await reportPage(columnsOf(profile.model, 'cpu.pb.gz')));
  return pathToFileURL(path).href;
}

const open = (t: TestContext, url: string, isDark = false) => openPage(t, browser, url, { isDark });

async function openProfile(t: TestContext, profile: Profile, fragment = ''): Promise<Opened> {
  return open(t, `${await reportOf(t, profile)}${fragment}`);
}

/** The rows of the table of functions that are to be seen: exact self and total, and the name. */
async function functionRows(page: Page): Promise<[string, number, number][]> {
  const rows = page.locator('#side-functions tbody tr[aria-rowindex]');
  return rows.evaluateAll((found) =>
    found.map((row): [string, number, number] => {
      const [flat, cum] = [...row.querySelectorAll('data')].map(({ value }) => Number(value));
      return [row.querySelector('.name')?.textContent ?? '', flat ?? 0, cum ?? 0];
    }),
  );
}

/** What the picture shows is as wide as: the text above it. */
const caption = (page: Page) => page.locator('#caption');

async function labelled(t: TestContext, fragment = ''): Promise<Opened> {
  const stack = (...functions: number[]) => functions.map((index): [number, number] => [index, 1]);
  const model = profileOf([
    { stack: stack(0, 1, 2), count: 60, route: '/feed' },
    { stack: stack(0, 1, 3), count: 30, route: '/cart' },
    { stack: stack(0, 4), count: 10, route: undefined },
    { stack: stack(0, 1, 3), count: 10, route: '/feed' },
  ]);
  return openProfile(t, Profile.fromModel(model), fragment);
}

describe('the page of a report, in Chromium', { skip }, () => {
  before(async () => {
    browser = await chromium.launch({ executablePath, args: [...flags], timeout: stepMs });
  });
  after(() => browser?.close());

  it('takes at most 150 kB beside the profile', () => {
    assert.ok(Buffer.byteLength(pageHtml("'none'", '')) <= 150_000);
  });

  it('opens from the disk, asks nobody for anything and breaks no rule of its own', async (t) => {
    const { page, url, problems, requests } = await openProfile(t, exampleProfile());
    assert.equal(await page.textContent('#title'), 'cpu.pb.gz');
    assert.equal(await page.textContent('#summary'), `1.20 s cpu, 120 samples, in 2 s from ${localTime()}`);
    assert.match((await page.textContent('#side-notes')) ?? '', /^sample rate: 100 Hz$/);
    for (const view of ['leaf', 'sandwich', 'tree', 'flame']) await page.click(`#tab-view-${view}`);
    for (const side of ['labels', 'source', 'notes', 'functions']) await page.click(`#tab-side-${side}`);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      [...new Set(requests.map((request) => request.replace(/#.*/, '')))],
      [url, 'data:,'].slice(0, requests.some((request) => request === 'data:,') ? 2 : 1),
    );
  });

  it('lets no script in that it was not made with', async (t) => {
    const { page, problems } = await openProfile(t, exampleProfile());
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.ran = 1';
      document.body.append(script);
      const image = document.createElement('img');
      image.setAttribute('onerror', 'globalThis.ran = 1');
      image.src = 'data:,';
      document.body.append(image);
    });
    await page.waitForTimeout(200);
    assert.equal(await page.evaluate(() => 'ran' in globalThis), false);
    assert.ok(problems.some((problem) => problem.includes('Content Security Policy')));
  });

  it('shows names that are markup as they are', async (t) => {
    const { page, problems } = await openProfile(t, hostileProfile());
    for (const view of ['leaf', 'sandwich', 'tree', 'flame']) await page.click(`#tab-view-${view}`);
    await page.click('#tab-side-labels');
    await page.click('#side-labels button:text-is("only")');
    await page.click('#tab-side-functions');
    const [[name] = ['']] = await functionRows(page);
    assert.ok(name.startsWith('</script><script>globalThis.ran=1</script><img src=x onerror='), name);
    assert.ok(name.includes('%DATA%%CONNECT%'));
    await page.hover('#view-flame canvas', { position: { x: 50, y: 30 } });
    assert.match((await page.textContent('#tip')) ?? '', /<\/script>/);
    assert.equal(await page.evaluate(() => 'ran' in globalThis), false);
    assert.equal(await page.locator('img, iframe, script:not(#data)').count(), 1);
    assert.deepEqual(problems, []);
  });

  it('has the functions of top, by name', async (t) => {
    const { page } = await openProfile(t, exampleProfile(), '#show=name');
    assert.deepEqual(
      await functionRows(page),
      exampleProfile()
        .top()
        .map(({ functionName, flat, cum }) => [functionName, flat, cum]),
    );
    await page.selectOption('#type', 'samples');
    await page.waitForFunction(() => document.querySelector('#caption')?.textContent === '120 samples');
    await page.locator('#side-functions data[value="66"]').first().waitFor();
    assert.deepEqual(
      await functionRows(page),
      exampleProfile()
        .top(undefined, 'samples')
        .map(({ functionName, flat, cum }) => [functionName, flat, cum]),
    );
  });

  it('has the numbers of go tool pprof -top', { skip: skipWithoutGo }, async (t) => {
    const { cpu, heap } = goMadeProfiles();
    for (const [bytes, type] of [
      [cpu, 'cpu'],
      [cpu, 'samples'],
      [heap, 'inuse_space'],
      [heap, 'alloc_objects'],
      [await exampleProfile().encode(), 'cpu'],
    ] as const) {
      const unit = Profile.decode(bytes).model.sampleTypes.find((one) => one.type === type)?.unit;
      const text = goPprof(
        bytes,
        '-top',
        '-nodefraction=0',
        '-edgefraction=0',
        `-unit=${unit}`,
        `-sample_index=${type}`,
      );
      const lines = text.split('\n').slice(text.split('\n').findIndex((line) => /flat%/.test(line)) + 1);
      const expected = lines
        .filter((line) => line !== '')
        .map((line): [string, number, number] => {
          const [, flat, cum, name = ''] =
            /^ *(-?[\d.]+)[a-zA-Z]* +\S+% +\S+% +(-?[\d.]+)[a-zA-Z]* +\S+% {2}(.*?)(?: \((?:partial-)?inline\))?$/.exec(
              line,
            ) ?? [];
          return [name, Number(flat), Number(cum)];
        });
      assert.ok(expected.length > 0, text);
      const { page } = await openProfile(t, Profile.decode(bytes), `#show=name&type=${type}`);
      // Which comes first of functions that took the same is up to each.
      const byName = (rows: [string, number, number][]) => rows.sort(([a], [b]) => (a < b ? -1 : 1));
      assert.deepEqual(byName(await functionRows(page)), byName(expected));
    }
  });

  it('searches by a regular expression, and says of what is none', async (t) => {
    const { page } = await openProfile(t, exampleProfile());
    await page.keyboard.press('/');
    await page.keyboard.type('walk');
    await page.locator('#found:text-is("2 found, 340 ms, 28.3 %")').waitFor();
    assert.deepEqual(
      (await functionRows(page)).map(([name]) => name),
      ['walk', '(anonymous walk.js:12:3)'],
    );
    await page.keyboard.type('(');
    await page.locator('#found.problem').waitFor();
    assert.match((await page.textContent('#found')) ?? '', /^no regular expression: \S/);
    assert.equal(await page.getAttribute('#search', 'aria-invalid'), 'true');
    assert.equal((await functionRows(page)).length, 7);
    await page.fill('#search', 'walk');
    await page.check('#only');
    await page.locator('#caption:text-is("340 ms of 1.20 s cpu, 28.3 %")').waitFor();
  });

  it('is gone through by the keyboard: down, in, out, and back', async (t) => {
    const { page, problems } = await openProfile(t, exampleProfile());
    await page.locator('#view-flame canvas').focus();
    await page.keyboard.press('ArrowDown');
    assert.equal(await page.textContent('#announcement'), 'main, /srv/app.js:1, 1.10 s, 91.7 %');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    assert.match((await page.textContent('#announcement')) ?? '', /^walk, .*340 ms, 28\.3 %/);
    await page.keyboard.press('Enter');
    await page.locator('#caption:has-text("zoomed in on walk: 340 ms, 28.3 %")').waitFor();
    await page.keyboard.press('Backspace');
    await page.locator('#caption:has-text("zoomed in on main")').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('#caption:text-is("1.20 s cpu")').waitFor();
    await page.goBack();
    await page.locator('#caption:has-text("zoomed in on main")').waitFor();
    await page.goBack();
    await page.locator('#caption:has-text("zoomed in on walk")').waitFor();
    assert.deepEqual(problems, []);
  });

  it('is zoomed by clicks, and a link brings back all that was chosen', async (t) => {
    const { page } = await labelled(t);
    // The second row is f0, the third f1 and f4, the widest first.
    await page.click('#view-flame canvas', { position: { x: 40, y: 19 * 2 + 8 } });
    await caption(page).filter({ hasText: 'zoomed in on f1: 1 s, 90.9 %' }).waitFor();
    await page.click('#tab-side-labels');
    await page.click('#side-labels tr:has-text("/feed") button:text-is("not")');
    await page.fill('#search', 'f3');
    await page.selectOption('#type', 'samples');
    const shown = '40 of 110 samples, 36.4 %';
    await caption(page).filter({ hasText: shown }).waitFor();
    const other = await open(t, page.url());
    assert.equal(await other.page.textContent('#caption'), shown);
    assert.equal(await other.page.inputValue('#search'), 'f3');
    assert.equal(await other.page.textContent('#chips'), 'route ≠ /feed ×');
    assert.equal(await other.page.isVisible('#side-labels'), true);
  });

  it('filters, groups, colours and compares by label', async (t) => {
    const { page, problems } = await labelled(t, '#side=labels&show=name');
    const values = await page
      .locator('#side-labels tbody tr[aria-rowindex]')
      .evaluateAll((rows) =>
        rows.map((row) => [...row.querySelectorAll('td')].slice(0, 3).map((cell) => cell.textContent)),
      );
    assert.deepEqual(values, [
      ['/feed', '700 ms', '63.6 %'],
      ['/cart', '300 ms', '27.3 %'],
      ['(none)', '100 ms', '9.09 %'],
    ]);
    await page.click('#side-labels tr:has-text("/feed") button:text-is("only")');
    await caption(page).filter({ hasText: '700 ms of 1.10 s cpu, 63.6 %' }).waitFor();
    await page.click('#tab-side-functions');
    await page.locator('#side-functions data[value="700000000"]').first().waitFor();
    assert.deepEqual(await functionRows(page), [
      ['f2', 600_000_000, 600_000_000],
      ['f3', 100_000_000, 100_000_000],
      ['f0', 0, 700_000_000],
      ['f1', 0, 700_000_000],
    ]);
    await page.click('.chip');
    await page.click('#tab-side-labels');
    await page.check('#label-group');
    await page.check('#label-colour');
    await page.locator('#view-flame canvas').focus();
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.textContent('#announcement'), 'route=/cart, 300 ms, 27.3 %');
    await page.uncheck('#label-group');
    await page.hover('#view-flame canvas', { position: { x: 40, y: 19 * 2 + 8 } });
    const tip = await page.locator('#tip div').allTextContents();
    assert.deepEqual(tip.slice(-2), ['route=/feed: 700 ms, 70.0 %', 'route=/cart: 300 ms, 30.0 %']);
    await page.selectOption('#compare-first', { label: '/cart' });
    await page.selectOption('#compare-second', { label: '/feed' });
    await caption(page).filter({ hasText: '1 s of 1.10 s' }).waitFor();
    await page.click('#tab-side-functions');
    const rows = page.locator('#side-functions tbody tr[aria-rowindex]');
    await rows.first().locator('td:nth-child(6)').waitFor();
    const cells = await rows.evaluateAll((found) =>
      found.map((row) =>
        [...row.querySelectorAll('td')].map((cell) => cell.querySelector('.name')?.textContent ?? cell.textContent),
      ),
    );
    assert.deepEqual(
      cells.slice(0, 2).sort((a, b) => (String(a[5]) < String(b[5]) ? -1 : 1)),
      [
        ['0 %', '85.7 %', '+85.71', '0 %', '85.7 %', 'f2'],
        ['100 %', '14.3 %', '-85.71', '100 %', '14.3 %', 'f3'],
      ],
    );
    assert.deepEqual(problems, []);
  });

  it('finds one of many values of a label, and says whose the colours are', async (t) => {
    const { model } = exampleProfile();
    const samples = Array.from({ length: 300 }, (_, index) => ({
      stack: model.samples[0]?.stack ?? [],
      values: [1, 1000 - index],
      labels: [{ key: 'tenant', value: `Tenant ${index}`, unit: '' }],
    }));
    const { page, problems } = await openProfile(t, Profile.fromModel({ ...model, samples }), '#side=labels');
    const names = page.locator('#side-labels tbody .name');
    await page.fill('#label-seek', 'tenant 29');
    await page.locator('#side-labels table[aria-rowcount="12"]').waitFor();
    assert.deepEqual((await names.allTextContents()).slice(0, 2), ['Tenant 29', 'Tenant 290']);
    assert.deepEqual((await page.locator('#compare-first option').allTextContents()).slice(0, 2), ['–', 'Tenant 29']);
    await page.selectOption('#compare-first', { label: 'Tenant 290' });
    await page.selectOption('#compare-second', { label: 'Tenant 299' });
    await page.fill('#label-seek', 'Tenant 7');
    await page.locator('#side-labels .name:text-is("Tenant 70")').waitFor();
    assert.equal(await page.locator('#compare-first option:checked').textContent(), 'Tenant 290');
    await page.selectOption('#compare-second', '');
    await page.fill('#label-seek', '');
    await page.check('#label-colour');
    await page.locator('#legend span:text-is("tenant=Tenant 0")').waitFor();
    assert.deepEqual((await page.locator('#legend > span').allTextContents()).slice(-2), [
      ' tenant=Tenant 7',
      ' tenant=(292 more)',
    ]);
    assert.deepEqual(problems, []);
  });

  it('says where nothing is left, and what the keys do', async (t) => {
    const { page, problems } = await labelled(t, '#is=route%3D%2Fnone');
    assert.equal(await page.textContent('#nothing'), 'No samples pass what is chosen above.');
    await page.click('.chip');
    await page.locator('#nothing').waitFor({ state: 'hidden' });
    const empty = await openProfile(t, Profile.fromModel({ ...exampleProfile().model, samples: [] }));
    assert.equal(await empty.page.textContent('#nothing'), 'No samples have this value.');
    await page.keyboard.press('?');
    assert.match((await page.textContent('#keys')) ?? '', /Backspace.*zooms out to the caller/s);
    await page.keyboard.press('4');
    assert.equal(await page.isVisible('#view-tree'), false);
    await page.keyboard.press('Escape');
    await page.locator('#keys').waitFor({ state: 'hidden' });
    await page.keyboard.press('4');
    await page.locator('#view-tree').waitFor();
    assert.deepEqual([...problems, ...empty.problems], []);
  });

  it('fits a telephone: nothing is wider than it', async (t) => {
    const { page } = await openPage(t, browser, await reportOf(t, exampleProfile()), { width: 360, height: 700 });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    const right = await page.evaluate(() => document.querySelector('#whole')?.getBoundingClientRect().right);
    assert.ok(right !== undefined && right <= 360, String(right));
  });

  it('has a menu of threads, with the main thread among them', async (t) => {
    const { model } = exampleProfile();
    const samples = model.samples.map((sample, index) =>
      index % 2 === 0 ? sample : { ...sample, labels: [{ key: 'thread', value: 'worker 1', unit: '' }] },
    );
    const profile = Profile.fromModel({ ...model, samples, comments: ['profbuf: Node.js'] });
    const { page } = await openProfile(t, profile);
    assert.deepEqual(await page.locator('#thread option').allTextContents(), ['all', 'main thread', 'worker 1']);
    await page.selectOption('#thread', 'worker 1');
    await caption(page).filter({ hasText: '300 ms of 1.20 s' }).waitFor();
    await page.selectOption('#thread', 'main thread');
    await caption(page).filter({ hasText: '900 ms of 1.20 s' }).waitFor();
  });

  it('folds what is not the program, and shows files and packages', async (t) => {
    const { model } = exampleProfile();
    const files = ['/srv/app.js', '/srv/node_modules/@x/feed/a.js', '/srv/node_modules/@x/feed/b.js'];
    const functions = model.functions.map((info) => ({
      ...info,
      filename:
        info.filename === '' || info.filename.startsWith('node:')
          ? info.filename
          : (files[(info.startLine as number) % 3] ?? ''),
    }));
    const { page } = await openProfile(t, Profile.fromModel({ ...model, functions }));
    for (const kind of ['dependency', 'node', 'runtime']) await page.check(`#fold-${kind}`);
    await page.locator('#side-functions .name:text-is("@x/feed")').waitFor();
    const names = (await functionRows(page)).map(([name]) => name);
    assert.ok(names.includes('(Node.js)') && names.includes('(runtime)'), names.join());
    assert.ok(!names.includes('(garbage collector)') && !names.includes('readFileSync'), names.join());
    await page.selectOption('#show', 'package');
    await page.locator('#side-functions .name:text-is("/srv")').waitFor();
    await page.selectOption('#show', 'file');
    for (const kind of ['dependency', 'node', 'runtime']) await page.uncheck(`#fold-${kind}`);
    await page.locator(`#side-functions .name:text-is("${files[1]}")`).waitFor();
  });

  it('says in tables what the picture says: the tree is opened and closed by the keyboard', async (t) => {
    const { page } = await openProfile(t, exampleProfile(), '#view=tree');
    const rows = page.locator('#view-tree tbody tr[aria-rowindex]');
    const shown = () =>
      rows.evaluateAll((found) =>
        found.map((row) => [
          row.getAttribute('aria-level'),
          row.querySelector('data')?.value,
          row.querySelector('.name')?.textContent,
        ]),
      );
    const closed = await shown();
    assert.deepEqual(closed, [
      ['1', '1200000000', 'all 1.20 s'],
      ['2', '1100000000', 'main'],
      ['2', '100000000', '(garbage collector)'],
    ]);
    await page.locator('#view-tree .table').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    assert.deepEqual((await shown()).slice(2, 4), [
      ['3', '660000000', 'parse'],
      ['3', '340000000', 'walk'],
    ]);
    await page.keyboard.press('ArrowLeft');
    assert.deepEqual(await shown(), closed);
  });

  it('shows callers above a function and callees below it, from the table', async (t) => {
    const { page, problems } = await openProfile(t, exampleProfile());
    await page.locator('#side-functions .table').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await caption(page).filter({ hasText: 'callers and callees of walk: 340 ms, 28.3 %' }).waitFor();
    await page.locator('#callers canvas').focus();
    await page.keyboard.press('ArrowUp');
    assert.equal(await page.textContent('#announcement'), 'main, /srv/app.js:1, 340 ms, 100 %');
    await page.locator('#callees canvas').focus();
    await page.keyboard.press('ArrowDown');
    assert.match((await page.textContent('#announcement')) ?? '', /^walk, .*200 ms, 58\.8 %/);
    assert.deepEqual(problems, []);
  });

  it('is dark where the system is, and light on paper', async (t) => {
    const url = await reportOf(t, exampleProfile());
    const light = await open(t, url);
    const dark = await open(t, url, true);
    // A place below the last row of the picture.
    const colour = (page: Page) =>
      page.evaluate(() => {
        const canvas = document.querySelector<HTMLCanvasElement>('#view-flame canvas');
        return Array.from(canvas?.getContext('2d')?.getImageData(5, canvas.height - 5, 1, 1).data ?? []);
      });
    assert.deepEqual(await colour(light.page), [255, 255, 255, 255]);
    assert.deepEqual(await colour(dark.page), [22, 25, 29, 255]);
    await dark.page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    assert.deepEqual(
      (await colour(dark.page)).slice(0, 3).map((part) => part > 100),
      [true, true, true],
    );
    await dark.page.evaluate(() => dispatchEvent(new Event('afterprint')));
    assert.deepEqual(await colour(dark.page), [22, 25, 29, 255]);
    assert.ok((await light.page.pdf()).length > 10_000);
    const problems = [...light.problems, ...dark.problems];
    // Of how often this test looks at the canvas.
    assert.deepEqual(
      problems.filter((problem) => !problem.startsWith('Canvas2D: Multiple readback')),
      [],
    );
  });

  it('shows the lines of a function that is there, and quotes no other file', async (t) => {
    const folder = new Folder(t);
    folder.write('app.js', "// one\nfunction busy() {\n  return 'hot </script> line';\n}\n");
    folder.write('secret.key', 'a secret\nof two lines\n');
    const outside = new Folder(t);
    outside.write('other.js', 'outside of the folder\n');
    const { model } = exampleProfile();
    const files = [
      `${folder.path}/app.js`,
      `${folder.path}/secret.key`,
      `${outside.path}/other.js`,
      `${folder.path}/gone.js`,
    ];
    const functions = files.map((filename, index) => ({
      name: `f${index}`,
      systemName: '',
      filename,
      startLine: index === 0 ? 2 : 1,
    }));
    const locations = files.map((_, index) => ({
      mapping: -1,
      address: 0,
      isFolded: false,
      lines: [{ function: index, line: index === 0 ? 3 : 1, column: 0 }],
    }));
    const samples = files.map((_, index) => ({ stack: [index], values: [10 - index, 10 - index], labels: [] }));
    folder.write('cpu.pb.gz', await Profile.fromModel({ ...model, functions, locations, samples }).encode());
    assert.equal((await profbuf(['report', 'cpu.pb.gz'], { cwd: folder.path })).code, 0);
    assert.equal(
      (await profbuf(['report', 'cpu.pb.gz', '--no-sources', '-o', 'bare.html'], { cwd: folder.path })).code,
      0,
    );
    const { page } = await open(t, pathToFileURL(`${folder.path}/report.html`).href);
    const text = async (name: string) => {
      await page.click('#tab-side-functions');
      await page.click(`#side-functions .name:text-is("${name}")`);
      await page.click('#tab-side-source');
      await page.locator(`#side-source b:text-is("${name}")`).waitFor();
      return (await page.textContent('#side-source')) ?? '';
    };
    assert.match(await text('f0'), /changed since.*10 ns10 ns29\.4 %3 {2}return 'hot <\/script> line';/s);
    assert.match(await text('f1'), /not in this report/);
    const data = await page.evaluate(async () => {
      const base64 = document.querySelector('#data')?.textContent ?? '';
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text();
    });
    assert.ok(data.includes('hot </script> line'));
    assert.ok(!data.includes('a secret') && !data.includes('outside of the folder'));
    assert.ok(statSync(`${folder.path}/bare.html`).size < statSync(`${folder.path}/report.html`).size);
  });

  it('adds several files up, and tells them apart by a label', async (t) => {
    const folder = new Folder(t);
    folder.write('a.pb.gz', await exampleProfile().encode());
    folder.write('b.pb.gz', await exampleProfile().encode());
    assert.equal((await profbuf(['report', 'a.pb.gz', 'b.pb.gz', '--title', 'Two <b>'], { cwd: folder.path })).code, 0);
    const { page } = await open(t, `${pathToFileURL(`${folder.path}/report.html`).href}#side=labels&label=file`);
    assert.equal(await page.textContent('#title'), 'Two <b>');
    assert.equal(await page.textContent('#caption'), '2.40 s cpu');
    assert.deepEqual(await page.locator('#side-labels .name').allTextContents(), ['a.pb.gz', 'b.pb.gz']);
  });

  it('opens on the comparison with a base', async (t) => {
    const folder = new Folder(t);
    const { model } = exampleProfile();
    const slower = model.samples.map((sample, index) =>
      index === 0 ? { ...sample, values: [120, 1_200_000_000] } : sample,
    );
    folder.write('a.pb.gz', await exampleProfile().encode());
    folder.write('b.cpuprofile', JSON.stringify(Profile.fromModel({ ...model, samples: slower }).toCpuProfile()));
    folder.write('a.cpuprofile', JSON.stringify(exampleProfile().toCpuProfile()));
    const words = ['report', '--base', 'a.cpuprofile', 'b.cpuprofile'];
    const { code, stderr } = await profbuf(words, { cwd: folder.path });
    assert.equal(code, 0, stderr);
    const { page } = await open(t, pathToFileURL(`${folder.path}/report.html`).href);
    assert.equal(await page.textContent('#title'), 'b.cpuprofile beside a.cpuprofile');
    assert.match((await page.textContent('#legend')) ?? '', /larger share in base.*larger share in new/);
    const first = page.locator('#side-functions tbody tr[aria-rowindex]').first();
    assert.match((await first.textContent()) ?? '', /^55\.0 %70\.0 %\+15\.00.*parse/);
    await page.click('#tab-side-labels');
    await page.waitForFunction(
      () => (document.querySelector('#compare-first') as HTMLSelectElement | null)?.value === '=base',
    );
    // Of another kind than the base, it cannot be compared.
    const sampleTypes = model.sampleTypes.map(({ unit }) => ({ type: 'other', unit }));
    folder.write('other.pb.gz', await Profile.fromModel({ ...model, sampleTypes }).encode());
    const other = await profbuf(['report', '--base', 'a.pb.gz', 'other.pb.gz'], { cwd: folder.path });
    assert.match(other.stderr, /^profbuf: [^\n]+\n$/);
    assert.equal(other.code, 2);
  });

  it('says so when its data are damaged', async (t) => {
    const { page } = await openProfile(t, exampleProfile());
    const html = await page.evaluate(async () => document.documentElement.outerHTML);
    const folder = new Folder(t);
    const path = folder.write('cut.html', html.replace(/(<script id="data"[^>]*>.{200})[^<]*/s, '$1'));
    const other = await (await browser.newContext()).newPage();
    await other.goto(pathToFileURL(path).href);
    await other.locator('#problem:has-text("This profile cannot be shown: ")').waitFor();
  });
});

/** When the example was taken, where the test runs. */
function localTime(): string {
  const date = new Date(1_700_000_000_123);
  const two = (number: number) => String(number).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
