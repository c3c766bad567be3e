import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { executablePath, flags, stepMs } from '../chromium-program.js';

const options = ['--headless=new', '--remote-debugging-port=0', ...flags];

/** Chromium with its debugging server, which also serves the pages that DevTools is made of. */
export class Chromium {
  readonly #folder = mkdtempSync(join(tmpdir(), 'profbuf-chromium-'));
  readonly #process = spawn(executablePath, [...options, `--user-data-dir=${this.#folder}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  #browser: Browser | undefined;
  #origin = '';

  /** Where the debugging server listens: `http://127.0.0.1:port`. */
  get origin(): string {
    return this.#origin;
  }

  async start(): Promise<void> {
    const address = await new Promise<string>((resolve, reject) => {
      let said = '';
      this.#process.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        const [, host] = /DevTools listening on ws:\/\/([^/]+)/.exec(said) ?? [];
        if (host !== undefined) resolve(host);
      });
      this.#process.once('exit', () => reject(new Error(`Chromium ended: ${said}`)));
    });
    this.#origin = `http://${address}`;
    this.#browser = await chromium.connectOverCDP(this.#origin, { timeout: stepMs });
  }

  async page(): Promise<Page> {
    const page = await this.#browser?.contexts()[0]?.newPage();
    if (page === undefined) throw new Error('Chromium was not started');
    page.setDefaultTimeout(stepMs);
    await page.setViewportSize({ width: 1600, height: 1600 });
    return page;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    const session = await this.#browser?.newBrowserCDPSession();
    // Asked to close, it ends the processes that it started; killed, it would leave them writing for a while.
    if (session === undefined) this.#process.kill();
    else await session.send('Browser.close');
    await ended;
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
  }
}

/** A line of a table of functions: its name, and its times as the page writes them. */
export interface FunctionRow {
  readonly name: string;
  readonly total: string;
  readonly self: string;
}
