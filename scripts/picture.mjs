// Makes the picture of README.md, docs/report.png: the report of examples/labels.mjs with the frames of each tenant in its colour.
// node scripts/picture.mjs, after npm run build; needs Chromium (Debian: chromium).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'profbuf-picture-'));

function profbuf(...words) {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'dist/cli/main.js'), ...words], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
}

try {
  const [profile, report] = [join(folder, 'profile.pb.gz'), join(folder, 'report.html')];
  profbuf('record', '--rate', '1000', '-q', '-o', profile, 'examples/labels.mjs');
  profbuf('report', profile, '-o', report, '--title', 'labels.mjs');
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 480 }, deviceScaleFactor: 1 });
  await page.goto(`${pathToFileURL(report).href}#side=labels&label=tenant&colour=label`);
  await page.locator('#side-labels tr[aria-rowindex]').first().waitFor();
  await page.screenshot({ path: join(root, 'docs/report.png') });
  await browser.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
