import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { chromium } from 'playwright-core';
import { columnsOf } from '#profbuf/report/columns.js';
import { reportPage } from '#profbuf/report/report-page.js';
import { executablePath, flags, skip, stepMs } from '../chromium-program.js';
import { Folder } from '../cli/command.js';
import { arbitraryProfile } from '../profile/arbitrary-profile.js';
import '../seed.js';

/** Links that people keep, and such as nobody has made. */
const fragment = fc.oneof(
  fc.constantFrom('', '#view=leaf', '#view=tree&side=labels&group=1&colour=label', '#view=sandwich&at=1&side=source'),
  fc.constantFrom('#zoom=0.1.2&show=file', '#compare=&compare=%3Da&side=functions', '#is=a%3Db&not=c&search=.&only=1'),
  fc.string().map((text) => `#${text}`),
  fc
    .record({ at: fc.nat(), zoom: fc.string(), type: fc.string(), is: fc.string() })
    .map((parts) => `#${new URLSearchParams({ ...parts, at: String(parts.at) })}`),
);

test('any profile opens on any link, and every part of the page answers', { skip }, async (t) => {
  const folder = new Folder(t);
  const browser = await chromium.launch({ executablePath, args: [...flags], timeout: stepMs });
  t.after(() => browser.close());
  const page = await browser.newPage();
  page.setDefaultTimeout(stepMs);
  const problems: string[] = [];
  page.on('pageerror', ({ message }) => problems.push(message));
  page.on('console', (message) => problems.push(message.text()));
  let count = 0;
  await fc.assert(
    fc.asyncProperty(arbitraryProfile, fragment, async (model, link) => {
      const html = await reportPage(columnsOf(model, 'any'));
      await page.goto(`${pathToFileURL(folder.write(`${count++}.html`, html)).href}${link}`);
      await page.locator('#report').waitFor();
      await page.evaluate(async () => {
        const turn = () => new Promise((resolve) => setTimeout(resolve, 20));
        const tabs = [
          'view-flame',
          'view-leaf',
          'view-sandwich',
          'view-tree',
          'side-functions',
          'side-labels',
          'side-source',
          'side-notes',
        ];
        for (const tab of tabs) {
          document.getElementById(`tab-${tab}`)?.click();
          await turn();
          document.querySelector<HTMLElement>(`#${tab} tbody tr[aria-rowindex]`)?.click();
          document.querySelector<HTMLElement>(`#${tab} tbody button`)?.click();
          await turn();
        }
      });
      assert.deepEqual(problems, []);
    }),
    { numRuns: 60 },
  );
});
