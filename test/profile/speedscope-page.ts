import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

const executablePath = '/usr/bin/chromium';

export const skip: string | false = existsSync(executablePath) ? false : `${executablePath} is not on this machine`;
if (skip && process.env.CI) throw new Error(`${skip}, and CI is set`);

const application = join(dirname(createRequire(import.meta.url).resolve('speedscope/package.json')), 'dist', 'release');
const contentTypes: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** The web application of the speedscope package in Chromium, served from this machine together with the files it opens. */
export class Speedscope {
  readonly #files = new Map<string, Uint8Array | string>();
  readonly #server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').slice(1);
    const body =
      this.#files.get(path) ?? (existsSync(join(application, path)) && readFileSync(join(application, path)));
    if (!body) response.statusCode = 404;
    response.setHeader('content-type', contentTypes[extname(path)] ?? 'application/octet-stream');
    response.end(body || '');
  });
  #browser: Browser | undefined;

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.#browser = await chromium.launch({
      executablePath,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    this.#server.close();
  }

  /** The rows of the table of functions that it shows for the file: total, self and name of each. */
  async tableOf(name: string, contents: Uint8Array | string): Promise<{ total: string; self: string; name: string }[]> {
    if (this.#browser === undefined) throw new Error('not started');
    this.#files.set(name, contents);
    const origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    const page: Page = await this.#browser.newPage();
    try {
      await page.goto(`${origin}/index.html#profileURL=${encodeURIComponent(`${origin}/${encodeURIComponent(name)}`)}`);
      await page.getByText('Sandwich').click();
      // The list of the profiles in the file is a table too; only its rows have titles.
      const rows = page.locator('tr:not([title]):has(td:nth-child(3))');
      await rows.first().waitFor();
      const cells = await rows.evaluateAll((found) =>
        found.map((row) => Array.from(row.querySelectorAll('td'), (cell) => cell.textContent?.trim() ?? '')),
      );
      return cells.map(([total = '', self = '', symbol = '']) => ({ total, self, name: symbol }));
    } finally {
      await page.close();
    }
  }
}
