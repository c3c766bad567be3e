import { isObject } from './json.js';

/** What bytes are that are no profile, and how to come by one. */
export interface OtherFormat {
  readonly what: string;
  readonly advice: string;
}

/** Which other format is it that somebody may take for a pprof file? By its beginning, since that is what people look at too. */
export function otherFormatOf(bytes: Uint8Array): OtherFormat | undefined {
  const text = beginningAsText(bytes);
  if (text === undefined) return undefined;
  if (/^[[{]/.test(text)) {
    return { what: 'it is JSON, as .cpuprofile and speedscope files are', advice: 'profbuf convert makes one of it' };
  }
  if (/^<(!doctype|html|\?xml|head|body)/i.test(text)) {
    return { what: 'it is a web page', advice: 'look at it: a server may have answered with an error' };
  }
  if (debugText.test(text)) {
    return {
      what: 'it is the text for people that a server sends for debug=1 or 2',
      advice: 'ask for it without debug',
    };
  }
  if (isCollapsed(bytes)) return { what: 'it is collapsed stacks', advice: 'profbuf convert makes one of it' };
  const [line = ''] = text.split('\n', 1);
  const words = line.length > 60 ? `${line.slice(0, 60)}…` : line.trimEnd();
  return {
    what: `it is text that begins with "${words}"`,
    advice: 'name a file that profbuf or another profiler wrote',
  };
}

/** JSON that tools which people profile with write, and that has no stacks which could be read. */
export function otherJson(file: unknown): OtherFormat {
  const has = (name: string) => isObject(file) && name in file;
  if (has('snapshot')) {
    return {
      what: 'it is a heap snapshot, which has objects and no stacks',
      advice: 'take a .heapprofile, with node --heap-prof',
    };
  }
  if (has('traceEvents') || (Array.isArray(file) && isObject(file[0]) && 'ph' in file[0])) {
    return {
      what: 'it is a trace of events',
      advice: 'record a .cpuprofile, or open it in Firefox Profiler and save it there',
    };
  }
  if (has('meta') && has('threads')) {
    return {
      what: 'it is a profile as Firefox itself writes it',
      advice: 'open it in Firefox Profiler and save it there',
    };
  }
  return {
    what: 'it is JSON of another kind than .cpuprofile, .heapprofile, speedscope and Firefox profiles',
    advice: 'name a file that profbuf or another profiler wrote',
  };
}

/** What Go's net/http/pprof, and ours, write first. */
const debugText =
  /^(heap profile: |goroutine profile: total |goroutine \d+ \[|threadcreate profile: total |--- (contention|mutex|heap|goroutine|threadcreate))/;

/** A stack and a number, which may have a sign or a fraction. */
export const collapsedLine = /^(.+) (-?\d+(?:\.\d+)?)$/;

/** A stack is a line, and may be longer than this. */
const enoughLines = 2 ** 18;

/** Is it a file of collapsed stacks? A first line with `;` is enough; without, the others have to be like it. */
export function isCollapsed(bytes: Uint8Array): boolean {
  const lines = beginningAsText(bytes, enoughLines)?.split(/\r?\n/) ?? [];
  const isCut = bytes.length > enoughLines;
  const [first = ''] = lines;
  if (first.includes(';') && (collapsedLine.test(first) || (isCut && lines.length === 1))) return true;
  const whole = isCut ? lines.slice(0, -1) : lines.filter((line) => line !== '');
  return whole.length > 1 && whole.every((line) => collapsedLine.test(line));
}

/** `undefined` when it is none. */
export function beginningAsText(bytes: Uint8Array, length = 1024): string | undefined {
  let text: string;
  try {
    // A character may be cut at the end: as part of a stream that is no error.
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
  } catch {
    return undefined;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what tells text from other bytes
  return /[\x00-\x08\x0e-\x1f]/.test(text) ? undefined : text.trimStart();
}
