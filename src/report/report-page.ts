import { promisify } from 'node:util';
import { gunzipSync, gzip } from 'node:zlib';
import type { ReportColumns } from './columns.js';
import { encodeColumns } from './encoding.js';
import { packedPage } from './page-bundle.js';

/** One HTML file that shows the profile, and asks nobody for anything. */
export async function reportPage(columns: ReportColumns): Promise<string> {
  const packed = await promisify(gzip)(encodeColumns(columns));
  return filled("'none'", packed.toString('base64'));
}

/** The same page for a server of `/debug/pprof`: it asks for profiles there. */
export function livePage(): string {
  return filled("'self'", '');
}

function filled(connect: string, data: string): string {
  const page = gunzipSync(Buffer.from(packedPage, 'base64')).toString();
  // Not by a pattern: in a replacement `$` means something.
  return page.split('%CONNECT%').join(connect).split('%DATA%').join(data);
}
