import { gunzipSync } from 'node:zlib';
import { packedPage } from './page-bundle.js';

/**
 * The page with this inside.
 * @param connect Where it may ask for profiles, as a Content-Security-Policy names it.
 * @param data A profile, packed, in base64; empty for none.
 */
export function pageHtml(connect: "'none'" | "'self'", data: string): string {
  const page = gunzipSync(Buffer.from(packedPage, 'base64')).toString();
  // Not by a pattern: in a replacement `$` means something.
  return page.split('%CONNECT%').join(connect).split('%DATA%').join(data);
}
