import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join } from 'node:path';
import type { Chromium, FunctionRow } from './chromium.js';

/** What the speedscope package has of its web application, and the schema of its files. */
export const speedscopeFolder = join(
  dirname(createRequire(import.meta.url).resolve('speedscope/package.json')),
  'dist',
  'release',
);

const contentTypes: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** speedscope's web application, with the file: at this address it opens it. */
export async function serveSpeedscope(
  name: string,
  contents: Uint8Array | string,
): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '', 'http://localhost').pathname).slice(1);
    const file = join(speedscopeFolder, path);
    response.setHeader('content-type', contentTypes[extname(path)] ?? 'application/octet-stream');
    if (path === name) response.end(contents);
    else if (existsSync(file)) response.end(readFileSync(file));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `${origin}/index.html#profileURL=${encodeURIComponent(`${origin}/${encodeURIComponent(name)}`)}`;
  return {
    url,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The rows of the table "Sandwich" that speedscope's web application shows for the file. */
export async function speedscopeTable(
  chromium: Chromium,
  name: string,
  contents: Uint8Array | string,
): Promise<FunctionRow[]> {
  const server = await serveSpeedscope(name, contents);
  const page = await chromium.page();
  try {
    await page.goto(server.url);
    await page.getByText('Sandwich').click();
    // The list of the profiles in the file is a table too; only its rows have titles.
    const rows = page.locator('tr:not([title]):has(td:nth-child(3))');
    await rows.first().waitFor();
    const cells = await rows.evaluateAll((found) =>
      found.map((row) => Array.from(row.querySelectorAll('td'), (cell) => cell.textContent?.trim() ?? '')),
    );
    return cells.map(([total = '', self = '', functionName = '']) => ({ name: functionName, total, self }));
  } finally {
    await page.close();
    server.close();
  }
}
