import { basename } from 'node:path';
import type { ProfileModel } from '../profile/model.js';
import { Profile } from '../profile/profile.js';
import { sampleTypeIndex } from '../profile/sample-type.js';
import { columnsOf, type ReportColumns } from '../report/columns.js';
import { BadInput } from './bad-input.js';
import { readProfiles, sumOf, withLabel } from './profile-file.js';
import { sourceExcerpts } from './source-files.js';

/** Options of all commands that show the report of files. */
export const reportFileOptions = {
  base: { type: 'string' },
  title: { type: 'string' },
  sources: { type: 'string' },
  'no-sources': { type: 'boolean' },
} as const;

/** Their lines of a usage. */
export const reportFileUsage = `  --base FILE         compare with this profile: by the label "side", which is base or new
  --title TEXT        what stands at the top (default: the name of the file)
  --sources FOLDER    take lines of hot functions from files in this folder (default: the working folder)
  --no-sources        no lines of source files`;

interface ReportFileValues {
  readonly base?: string | undefined;
  readonly title?: string | undefined;
  readonly sources?: string | undefined;
  readonly 'no-sources'?: boolean | undefined;
}

/** What these options ask for. */
export function reportOptionsOf(values: ReportFileValues): ReportOptions {
  const { base, title, sources = '.' } = values;
  return { base, title, sources: values['no-sources'] ? undefined : sources };
}

export interface ReportOptions {
  /** What stands at the top. */
  readonly title: string | undefined;
  /** The folder whose files may be quoted; nothing is quoted without. */
  readonly sources: string | undefined;
  /** A file to compare with. */
  readonly base?: string | undefined;
  /** What is shown first; without it the profile's own choice. */
  readonly sampleType?: string | undefined;
}

/**
 * What a report of these files has.
 * @throws BadInput when one cannot be read, they do not measure the same, or have no such sample type.
 */
export async function columnsOfFiles(
  command: string,
  paths: readonly string[],
  options: ReportOptions,
): Promise<ReportColumns> {
  const profile = await readProfiles(command, paths, { areLabelled: true });
  const { base, title = titleOf(paths) } = options;
  if (base === undefined) return columnsOfProfile(profile, { ...options, title });
  const before = await readProfiles(command, [base]);
  const [key, first, second] = sides;
  const both = sumOf(
    [Profile.fromModel(withLabel(before.model, key, first)), Profile.fromModel(withLabel(profile.model, key, second))],
    [base, ...paths],
    false,
  );
  return { ...columnsOfProfile(both, { ...options, title: `${title} beside ${titleOf([base])}` }), comparing: sides };
}

/** The label of samples that are compared, and its values. */
const sides = ['side', 'base', 'new'] as const;

export function columnsOfProfile({ model }: Profile, { title, sources, sampleType }: ReportOptions): ReportColumns {
  const columns = { ...columnsOf(model, title ?? 'profile'), defaultSampleType: indexOf(model, sampleType) };
  return sources === undefined ? columns : { ...columns, sources: sourceExcerpts(columns, sources) };
}

function indexOf(model: ProfileModel, sampleType: string | undefined): number {
  try {
    return sampleTypeIndex(model, sampleType);
  } catch (error) {
    if (error instanceof RangeError) throw new BadInput(error.message);
    throw error;
  }
}

function titleOf([first = '', ...others]: readonly string[]): string {
  const name = first === '-' ? 'stdin' : basename(first);
  return others.length === 0 ? name : `${name} and ${others.length} more`;
}
