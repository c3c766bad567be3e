import { extname } from 'node:path';
import { type ProfileFormat, profileFormats } from '../profile/format.js';
import { BadInput } from './bad-input.js';

/** The first ending is the one of the default name. */
const endings: Readonly<Record<ProfileFormat, readonly string[]>> = {
  pprof: ['.pb.gz', '.pprof', '.prof', '.pb'],
  cpuprofile: ['.cpuprofile'],
  speedscope: ['.speedscope.json', '.json'],
  firefox: ['.firefox.json'],
  collapsed: ['.collapsed.txt', '.collapsed', '.folded', '.txt'],
};

export function defaultName(stem: string, format: ProfileFormat): string {
  return `${stem}${endings[format][0]}`;
}

/** Takes the ending of any of the formats off a file's name. */
export function stemOf(name: string): string {
  const ending = longest(
    Object.values(endings)
      .flat()
      .filter((ending) => name.endsWith(ending) && name.length > ending.length),
  );
  return ending === undefined ? name : name.slice(0, -ending.length);
}

/**
 * The format that `--format` names or, without it, the one that the output's name ends like; pprof if it has no ending.
 * @throws BadInput when there is no such format, or the ending is none of theirs.
 */
export function chooseFormat(named: string | undefined, output: string | undefined): ProfileFormat {
  if (named === undefined) return formatByEnding(output ?? '');
  const format = profileFormats.find((format) => format === named);
  if (format === undefined) throw new BadInput(`no format ${named}; the formats are ${profileFormats.join(', ')}`);
  return format;
}

/** `.firefox.json` is that, and not `.json`. */
function longest(endings: readonly string[]): string | undefined {
  return endings.reduce<string | undefined>(
    (best, ending) => (ending.length > (best?.length ?? 0) ? ending : best),
    undefined,
  );
}

function formatByEnding(output: string): ProfileFormat {
  const known = Object.values(endings).flat();
  const found = longest(known.filter((ending) => output.endsWith(ending)));
  const format = profileFormats.find((format) => endings[format].some((ending) => ending === found));
  if (format !== undefined) return format;
  const ending = extname(output);
  // A number is part of a name: build-1.2, cpu.2026-11-27.
  if (/^\.?\d|^\.?$/.test(ending)) return 'pprof';
  const list = profileFormats.map((format) => `${endings[format].join(', ')} (${format})`).join(', ');
  throw new BadInput(
    `-o ${output}: no format is known by the ending ${ending}, only ${list}; or name one with --format`,
  );
}
