import { ProfileFormatError } from '../errors.js';
import type { Frame } from '../frame.js';
import type { Profile } from '../profile.js';
import { collapsedLine } from './other-formats.js';
import { StackSums } from './stack-sums.js';

/**
 * Reads collapsed stacks, one a line, root first, as flamegraph.pl, perf's stackcollapse, py-spy and others write them:
 * `main;parse 42`. What the numbers count the file does not say: they are taken for numbers of samples.
 */
export function readCollapsed(text: string): Profile {
  const sums = new StackSums({
    sampleTypes: [{ type: 'samples', unit: 'count' }],
    periodType: { type: '', unit: '' },
    period: 0,
    timeNanos: 0n,
    durationNanos: 0n,
  });
  const locations = new Map<string, number>();
  let number = 0;
  for (const whole of text.split('\n')) {
    number++;
    const stackAndValue = whole.trimEnd();
    if (stackAndValue === '') continue;
    const [, stack, value] = collapsedLine.exec(stackAndValue) ?? [];
    if (stack === undefined) throw new ProfileFormatError(`damaged profile: line ${number} is no stack with a number`);
    const names = stack === '(no stack)' ? [] : stack.split(';').reverse();
    sums.count(names.length);
    const numbers = names.map((name) => {
      const known = locations.get(name) ?? sums.location(frameOfText(name));
      locations.set(name, known);
      return known;
    });
    sums.addLocations(numbers, [Number(value)]);
  }
  return sums.build();
}

/** `parse (/srv/feed.js:20)`; what is in parentheses at the end is a file if it has a line, a slash or `node:`. */
function frameOfText(text: string): Frame {
  // A `;` in a name, as toCollapsed writes it.
  const plain = text.replaceAll('\\x3b', ';');
  const [, functionName = plain, file = '', place = '0'] =
    /^(.+) \(((?:node:|[^()]*\/)?[^()]+?):(\d{1,9})\)$/.exec(plain) ??
    /^(.+) \(((?:node:|[a-z]:\\|[^()]*\/)[^()]*)\)$/i.exec(plain) ??
    [];
  return { functionName, file, startLine: Number(place), line: Number(place) };
}
