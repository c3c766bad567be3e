/** What bytes are that are no pprof file, and how to come by one. */
export interface OtherFormat {
  readonly what: string;
  readonly advice: string;
}

const recordAgain = 'record it again without --format';

/** Which other format is it that somebody may take for a profile? By its beginning, since that is what people look at too. */
export function otherFormatOf(bytes: Uint8Array): OtherFormat | undefined {
  const text = beginningAsText(bytes);
  if (text === undefined) return undefined;
  if (/^[[{]/.test(text)) {
    return { what: 'it is JSON, as .cpuprofile and speedscope files are', advice: recordAgain };
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
  const [line = ''] = text.split('\n', 1);
  if (/^[^;]+(;[^;]+)* \d+$/.test(line.trimEnd()) && line.includes(';')) {
    return { what: 'it is collapsed stacks, which have lost what the profile was of', advice: recordAgain };
  }
  const words = line.length > 60 ? `${line.slice(0, 60)}…` : line.trimEnd();
  return {
    what: `it is text that begins with "${words}"`,
    advice: 'name a file that profbuf or another profiler wrote',
  };
}

/** What Go's net/http/pprof, and ours, write first. */
const debugText =
  /^(heap profile: |goroutine profile: total |goroutine \d+ \[|threadcreate profile: total |--- (contention|mutex|heap|goroutine|threadcreate))/;

/** `undefined` when it is none. */
function beginningAsText(bytes: Uint8Array): string | undefined {
  let text: string;
  try {
    // A character may be cut at the end: as part of a stream that is no error.
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, 1024), { stream: true });
  } catch {
    return undefined;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what tells text from other bytes
  return /[\x00-\x08\x0e-\x1f]/.test(text) ? undefined : text.trimStart();
}
