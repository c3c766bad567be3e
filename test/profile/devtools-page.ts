import type { Chromium, FunctionRow } from './chromium.js';

/** The rows of the table "Bottom-up" that the Performance panel of Chromium's DevTools shows for the file. */
export async function devToolsTable(chromium: Chromium, name: string, contents: string): Promise<FunctionRow[]> {
  const page = await chromium.page();
  try {
    await page.goto(`${chromium.origin}/devtools/devtools_app.html?panel=timeline`);
    const file = { name, mimeType: 'application/json', buffer: Buffer.from(contents) };
    await page.locator('input[type=file]').setInputFiles(file);
    // A hint about shortcuts lies over the tab at first, so the click is sent to the tab itself.
    await page.getByRole('tab', { name: 'Bottom-up' }).dispatchEvent('mousedown', { button: 0 });
    const rows = page.locator('tr:has(.activity-name)');
    await rows.first().waitFor();
    const cells = await rows.evaluateAll((found) =>
      found.map((row) => [
        row.querySelector('.activity-name')?.textContent ?? '',
        ...Array.from(row.querySelectorAll('td'), (cell) => cell.textContent ?? ''),
      ]),
    );
    // Between number and unit is a space that does not break.
    const plain = (text = '') => text.replaceAll('\u00a0', ' ');
    return cells.map(([functionName = '', self, total]) => ({
      name: functionName,
      total: plain(total),
      self: plain(self),
    }));
  } finally {
    await page.close();
  }
}
