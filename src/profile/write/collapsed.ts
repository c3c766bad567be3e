import { type Integer, sum } from '../integer.js';
import type { ProfileModel } from '../model.js';
import { sampleTypeIndex } from '../sample-type.js';
import { escaped, printable } from '../text.js';
import { framesByLocation, type StackFunction } from './frames.js';

/** One line a stack, root first: `main (/app.js:1);parse (/feed.js:10) 42`. */
export function toCollapsed(profile: ProfileModel, sampleType?: string): string {
  const valueIndex = sampleTypeIndex(profile, sampleType);
  const texts = framesByLocation(profile).map((frames) =>
    frames
      .map((frame) => frameText(frame.function))
      .reverse()
      .join(';'),
  );
  const totals = new Map<string, Integer>();
  for (const { stack, values } of profile.samples) {
    const line = stack
      .map((location) => texts[location])
      .reverse()
      .join(';');
    totals.set(line, sum(totals.get(line) ?? 0, values[valueIndex] ?? 0));
  }
  return Array.from(totals, ([line, total]) => (total === 0 ? '' : `${line || '(no stack)'} ${total}\n`)).join('');
}

function frameText({ name, file, startLine }: StackFunction): string {
  const place = startLine === 0 ? file : `${file}:${startLine}`;
  return printable(file === '' ? name : `${name} (${place})`).replaceAll(';', escaped);
}
