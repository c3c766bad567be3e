import type { TestContext } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { stepMs } from '../chromium-program.js';

/** A report that is open, and what a browser has to say against it. */
export interface Opened {
  readonly page: Page;
  readonly url: string;
  readonly problems: string[];
  readonly requests: string[];
}

export interface Screen {
  readonly isDark?: boolean;
  readonly width?: number;
  readonly height?: number;
}

/** The report at this address, once it shows its profile. */
export async function openPage(t: TestContext, browser: Browser, url: string, screen: Screen = {}): Promise<Opened> {
  const { isDark = false, width = 1400, height = 900 } = screen;
  const context = await browser.newContext({ colorScheme: isDark ? 'dark' : 'light', viewport: { width, height } });
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(stepMs);
  const problems: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => problems.push(message.text()));
  page.on('pageerror', ({ message }) => problems.push(message));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(url);
  await page.locator('#report').waitFor();
  return { page, url, problems, requests };
}
