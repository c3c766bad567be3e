import { decodePprof } from '../../profile/read/pprof.js';
import { columnsOf, type ReportColumns } from '../columns.js';
import { decodeColumns } from '../encoding.js';

/** The profile that the page was made with, packed by gzip, in base64. */
export async function readEmbedded(text: string): Promise<ReportColumns> {
  return decodeColumns(await unpacked(fromBase64(text.trim())));
}

/** A profile as `/debug/pprof` gives it. */
export async function readPprof(bytes: Uint8Array<ArrayBuffer>, title: string): Promise<ReportColumns> {
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? await unpacked(bytes) : bytes;
  return columnsOf(decodePprof(plain, mostBytes), title);
}

/** As Profile.decode has it. */
const mostBytes = 128 * 2 ** 20;

async function unpacked(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const { fromBase64: native } = Uint8Array as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };
  if (native !== undefined) return native.call(Uint8Array, text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
