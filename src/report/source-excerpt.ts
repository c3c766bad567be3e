/** Lines of a source file around a function that took much. */
export interface SourceExcerpt {
  /** As the profile's functions name it. */
  readonly file: string;
  /** The number of the first line, from 1. */
  readonly firstLine: number;
  readonly lines: readonly string[];
  /** The file is newer than the profile: its lines may be others than those that ran. */
  readonly isNewer: boolean;
}
