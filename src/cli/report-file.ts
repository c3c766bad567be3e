import { basename } from 'node:path';
import type { Profile } from '../profile/profile.js';
import { columnsOf } from '../report/columns.js';
import { reportPage } from '../report/report-page.js';
import { readProfiles } from './profile-file.js';
import { sourceExcerpts } from './source-files.js';

export interface PageOptions {
  /** What stands at the top. */
  readonly title: string | undefined;
  /** The folder whose files may be quoted; nothing is quoted without. */
  readonly sources: string | undefined;
}

/**
 * The report of these files, as a page.
 * @throws BadInput when one cannot be read, or they do not measure the same.
 */
export async function pageOf(command: string, paths: readonly string[], options: PageOptions): Promise<string> {
  const profile = await readProfiles(command, paths, { areLabelled: true });
  return pageOfProfile(profile, { ...options, title: options.title ?? titleOf(paths) });
}

export function pageOfProfile({ model }: Profile, { title, sources }: PageOptions): Promise<string> {
  const columns = columnsOf(model, title ?? 'profile');
  return reportPage(sources === undefined ? columns : { ...columns, sources: sourceExcerpts(columns, sources) });
}

function titleOf([first = '', ...others]: readonly string[]): string {
  const name = first === '-' ? 'stdin' : basename(first);
  return others.length === 0 ? name : `${name} and ${others.length} more`;
}
