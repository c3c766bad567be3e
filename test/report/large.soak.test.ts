import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { Profile, type ProfileModel } from 'profbuf';
import { executablePath, flags, skip, stepMs } from '../chromium-program.js';
import { Folder, profbuf } from '../cli/command.js';
import { exampleProfile } from '../profile/example-profile.js';

const { model } = exampleProfile();

function withFunctions(count: number, samples: ProfileModel['samples']): ProfileModel {
  return {
    ...model,
    functions: Array.from({ length: count }, (_, index) => ({
      name: `function${index}`,
      systemName: '',
      filename: `/srv/${index % 1000}.js`,
      startLine: index,
    })),
    locations: Array.from({ length: count }, (_, index) => ({
      mapping: -1,
      address: 0,
      lines: [{ function: index, line: index + 1, column: 0 }],
      isFolded: false,
    })),
    samples,
  };
}

const many = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Profiles that are as large as a file may be, each in its own way. */
const profiles: Readonly<Record<string, () => ProfileModel>> = {
  'a million functions below one': () =>
    withFunctions(
      1_000_000,
      many(999_999).map((index) => ({ stack: [index + 1, 0], values: [1, 1000], labels: [] })),
    ),
  'stacks of 100,000 frames': () =>
    withFunctions(
      200,
      many(50).map((index) => ({
        stack: many(100_000).map((depth) => (depth * (index + 1)) % 200),
        values: [1, 1000],
        labels: [],
      })),
    ),
  'recursion of one function': () =>
    withFunctions(2, [{ stack: many(4000).map(() => 1), values: [3, 3000], labels: [] }]),
  'a value of a label for each of 500,000 samples': () =>
    withFunctions(
      10,
      many(500_000).map((index) => ({
        stack: [index % 10],
        values: [1, 1000],
        labels: [{ key: `key${index % 20}`, value: `value${index}`, unit: '' }],
      })),
    ),
  'names of a million characters': () => {
    const profile = withFunctions(
      20,
      many(20).map((index) => ({ stack: [index], values: [1, 1000], labels: [] })),
    );
    return {
      ...profile,
      functions: profile.functions.map((info) => ({ ...info, name: `${'a'.repeat(1_000_000)}${info.name}` })),
    };
  },
};

for (const [what, profile] of Object.entries(profiles)) {
  test(`${what}: the page opens, and every part of it answers`, { skip }, async (t) => {
    const folder = new Folder(t);
    folder.write('large.pb.gz', await Profile.fromModel(profile()).encode());
    const { code, stderr } = await profbuf(['report', 'large.pb.gz'], { cwd: folder.path });
    assert.equal(code, 0, stderr);
    const text = await profbuf(['report', '--text', 'large.pb.gz'], { cwd: folder.path });
    assert.equal(text.code, 0, text.stderr);
    assert.ok(text.stdout.split('\n').length <= 201);
    const browser = await chromium.launch({ executablePath, args: [...flags], timeout: stepMs });
    t.after(() => browser.close());
    const page = await browser.newPage();
    page.setDefaultTimeout(stepMs);
    const problems: string[] = [];
    page.on('pageerror', ({ message }) => problems.push(message));
    await page.goto(pathToFileURL(`${folder.path}/report.html`).href);
    await page.locator('#report').waitFor();
    for (const view of ['leaf', 'sandwich', 'tree', 'flame']) await page.click(`#tab-view-${view}`);
    for (const side of ['labels', 'notes', 'functions']) await page.click(`#tab-side-${side}`);
    await page.locator('#side-functions tr[aria-rowindex]').first().click();
    await page.click('#tab-side-source');
    await page.click('#tab-view-sandwich');
    await page.click('#tab-view-flame');
    await page.locator('#view-flame canvas').focus();
    for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.fill('#search', '1$');
    await page.check('#only');
    await page.selectOption('#show', 'file');
    await page.check('#fold-node');
    await page.click('#tab-view-tree');
    // An answer that comes after all of that.
    assert.match((await page.textContent('#caption')) ?? '', /cpu/);
    assert.deepEqual(problems, []);
  });
}
