import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { reportPage } from '../report/report-page.js';
import { openOrSay } from './open-browser.js';
import { parseOptions } from './options.js';
import { columnsOfFiles, reportFileOptions, reportFileUsage, reportOptionsOf } from './report-file.js';

export const viewUsage = `Usage: profbuf view [options] FILE...

Serves the report of a profile on this machine alone, and opens it in the browser, until Ctrl-C. Several files are
added up, and the label "file" tells them apart; - is stdin.

Options:
  --no-open           say where it is, and open nothing
${reportFileUsage}
  -h, --help          this text
`;

export async function view(args: readonly string[]): Promise<void> {
  const { values, operands } = parseOptions(
    'view',
    {
      'no-open': { type: 'boolean' },
      ...reportFileOptions,
      help: { type: 'boolean', short: 'h' },
    },
    args,
  );
  if (values.help) {
    process.stdout.write(viewUsage);
    return;
  }
  const columns = await columnsOfFiles('view', operands, reportOptionsOf(values));
  const url = await serve(await reportPage(columns));
  process.stderr.write(`profbuf: ${url}, until Ctrl-C\n`);
  if (!values['no-open']) await openOrSay(url);
}

const headers = {
  'Content-Type': 'text/html; charset=utf-8',
  // The page's own rules let in one script; it is nobody's frame.
  'Content-Security-Policy': "frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
};

/** @returns the address, which nobody but who is told it knows: other users of the machine can reach the port as well. */
async function serve(page: string): Promise<string> {
  const path = `/${randomBytes(18).toString('base64url')}/`;
  let host = '';
  const server = createServer((request, response) => answer(request, response));

  function answer(request: IncomingMessage, response: ServerResponse): void {
    // A page elsewhere can have its own host's name resolve to this address.
    const isOurs = request.headers.host === host && isSame(request.url ?? '', path);
    if (!isOurs) response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('nothing is here\n');
    else if (request.method !== 'GET' && request.method !== 'HEAD')
      response.writeHead(405, { Allow: 'GET, HEAD' }).end();
    else response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : page);
  }

  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return `http://${host}${path}`;
}

/** Takes as long wherever the two differ. */
function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
