import type { Integer } from './integer.js';

/** What one column of sample values counts, and in what unit: `{ type: 'cpu', unit: 'nanoseconds' }`. */
export interface ValueType {
  readonly type: string;
  readonly unit: string;
}

/** A key may occur several times on one sample. `unit` belongs to numeric values only; empty when none was given. */
export interface Label {
  readonly key: string;
  readonly value: string | Integer;
  readonly unit: string;
}

export interface Sample {
  /** Indices into {@link ProfileModel.locations}, leaf first. */
  readonly stack: readonly number[];
  /** One value for each of {@link ProfileModel.sampleTypes}. */
  readonly values: readonly Integer[];
  readonly labels: readonly Label[];
}

export interface Mapping {
  readonly memoryStart: Integer;
  readonly memoryLimit: Integer;
  readonly fileOffset: Integer;
  readonly filename: string;
  readonly buildId: string;
  readonly hasFunctions: boolean;
  readonly hasFilenames: boolean;
  readonly hasLineNumbers: boolean;
  readonly hasInlineFrames: boolean;
}

export interface Line {
  /** Index into {@link ProfileModel.functions}. */
  readonly function: number;
  /** From 1; 0 when not known. */
  readonly line: Integer;
  readonly column: Integer;
}

export interface Location {
  /** Index into {@link ProfileModel.mappings}; -1 when there is none. */
  readonly mapping: number;
  readonly address: Integer;
  /** The innermost inlined function first, the function that it was inlined into last. */
  readonly lines: readonly Line[];
  readonly isFolded: boolean;
}

export interface FunctionInfo {
  readonly name: string;
  readonly systemName: string;
  readonly filename: string;
  /** From 1; 0 when not known. */
  readonly startLine: Integer;
}

/**
 * Everything that a pprof file says, with indices in place of its ids and strings in place of its string table.
 * The format is that of `profile.proto` in the repository github.com/google/pprof.
 */
export interface ProfileModel {
  readonly sampleTypes: readonly ValueType[];
  readonly samples: readonly Sample[];
  readonly mappings: readonly Mapping[];
  readonly locations: readonly Location[];
  readonly functions: readonly FunctionInfo[];
  /** Regular expressions of frames that a viewer leaves out, or keeps after all; empty when there are none. */
  readonly dropFrames: string;
  readonly keepFrames: string;
  /** When collection began, in nanoseconds since 1970 UTC; 0 when not known. */
  readonly timeNanos: Integer;
  readonly durationNanos: Integer;
  /** What lies between two samples, and how much of it. */
  readonly periodType: ValueType;
  readonly period: Integer;
  readonly comments: readonly string[];
  /** The type a viewer shows first; empty: the last of the sample types. */
  readonly defaultSampleType: string;
  readonly docUrl: string;
}
