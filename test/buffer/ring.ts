import {
  type ProfBufReader,
  type ProfBufRecord,
  ProfBufWriter,
  ProfBufReader as Reader,
  type WriterOptions,
} from 'profbuf/buffer';
import { type AllocateOptions, byteLength, format, type RingInternals } from '#profbuf/buffer/layout.js';

/** A ring with both its ends in this thread. */
export function ring(options: AllocateOptions, internals: RingInternals = {}, writing: WriterOptions = {}) {
  const shared = new SharedArrayBuffer(byteLength(options));
  format(shared, 0, options, internals);
  return { shared, writer: new ProfBufWriter(shared, 0, writing), reader: new Reader(shared) };
}

/** A record's values, kept when the view moves on. */
export function copy(record: ProfBufRecord, headerWords = 0) {
  const { tag, time, depth, lost } = record;
  const header = Array.from({ length: headerWords }, (_, i) => record.header(i));
  const stack = Array.from({ length: depth }, (_, i) => record.stack(i));
  return { tag, time, header, stack, lost };
}

/** What can be read now, in short: `5` for a record of time 5, `-2@7` for two records lost, the first of time 7. */
export function times(reader: ProfBufReader): string {
  return Array.from(reader, ({ lost, time }) => (lost > 0 ? `-${lost}@${time}` : `${time}`)).join(' ');
}
