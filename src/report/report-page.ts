import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ReportColumns } from './columns.js';
import { encodeColumns } from './encoding.js';
import { pageHtml } from './page-html.js';

/** One HTML file that shows the profile, and asks nobody for anything. */
export async function reportPage(columns: ReportColumns): Promise<string> {
  const packed = await promisify(gzip)(encodeColumns(columns));
  return pageHtml("'none'", packed.toString('base64'));
}
