import { OtherFormatError, ProfileFormatError } from '../errors.js';
import type { Integer } from '../integer.js';
import type { FunctionInfo, Label, Line, Location, Mapping, ProfileModel, Sample, ValueType } from '../model.js';
import {
  functionField,
  labelField,
  lineField,
  locationField,
  mappingField,
  profileField,
  sampleField,
  valueTypeField,
} from '../pprof/fields.js';
import { ProtobufReader } from '../pprof/protobuf.js';
import { otherFormatOf } from './other-formats.js';

interface RawLabel {
  key: Integer;
  string: Integer;
  number: Integer;
  unit: Integer;
}

interface RawSample {
  readonly locationIds: Integer[];
  readonly values: Integer[];
  readonly labels: RawLabel[];
}

/** A message as it stands in the file: strings and other messages are numbers until all of them have been read. */
type Raw<Fields extends string> = Record<Fields, Integer>;
type RawLine = Raw<'functionId' | 'line' | 'column'>;
type RawLocation = Raw<'id' | 'mappingId' | 'address'> & { isFolded: boolean; readonly lines: RawLine[] };
type RawValueType = Raw<'type' | 'unit'>;
type RawFunction = Raw<'id' | 'name' | 'systemName' | 'filename' | 'startLine'>;
type RawMapping = Raw<'id' | 'memoryStart' | 'memoryLimit' | 'fileOffset' | 'filename' | 'buildId'> & {
  hasFunctions: boolean;
  hasFilenames: boolean;
  hasLineNumbers: boolean;
  hasInlineFrames: boolean;
};

/**
 * Reads an uncompressed pprof file. Fields that profile.proto does not have are passed over; bytes in strings that are
 * not UTF-8 become U+FFFD; everything else is kept.
 *
 * @param maximumBytes Above what size of file it is refused; this also bounds what is allocated for it.
 * @throws {ProfileFormatError} when the bytes are no whole and consistent profile, or too large.
 */
export function decodePprof(bytes: Uint8Array, maximumBytes: number): ProfileModel {
  try {
    return readModel(new ProtobufReader(bytes, maximumBytes));
  } catch (error) {
    // Not before: what begins like text could be a profile all the same.
    const other = error instanceof ProfileFormatError ? otherFormatOf(bytes) : undefined;
    if (other === undefined) throw error;
    throw new OtherFormatError(other.what, other.advice, { cause: error });
  }
}

function readModel(reader: ProtobufReader): ProfileModel {
  const raw = readProfile(reader);
  // Each file's strings begin with the empty one, and its ids anew.
  const mayBeSeveral = raw.strings[0] === '' && raw.strings.includes('', 1);
  // Without samples nothing else is wrong with them.
  if (mayBeSeveral && hasTypesTwice(raw)) throw severalProfiles();
  try {
    return modelOf(raw);
  } catch (error) {
    throw mayBeSeveral ? severalProfiles(error) : error;
  }
}

function hasTypesTwice({ sampleTypes }: RawProfile): boolean {
  return sampleTypes.some(({ type, unit }, index) =>
    sampleTypes.slice(0, index).some((before) => before.type === type && before.unit === unit),
  );
}

function severalProfiles(cause?: unknown): OtherFormatError {
  return new OtherFormatError(
    'it is several profiles, one behind the other',
    'give each file by its own name, and they are added up',
    { cause },
  );
}

function modelOf(raw: RawProfile): ProfileModel {
  const { strings } = raw;
  if (raw.sampleTypes.length === 0) {
    throw new ProfileFormatError('not a pprof profile: it has no sample types, and a profile has at least one');
  }
  if (strings[0] !== '') {
    throw new ProfileFormatError('not a pprof profile: its string table does not begin with the empty string');
  }

  const string = (index: Integer): string => {
    const text = typeof index === 'number' ? strings[index] : undefined;
    if (text === undefined) {
      throw new ProfileFormatError(`damaged profile: string ${index} of a table of ${strings.length} strings`);
    }
    return text;
  };
  const valueType = ({ type, unit }: RawValueType): ValueType => ({ type: string(type), unit: string(unit) });

  const mappingIndex = indexById('mapping', raw.mappings, () => -1);
  const locationIndex = indexById('location', raw.locations);
  const functionIndex = indexById('function', raw.functions);

  const label = ({ key, string: text, number, unit }: RawLabel): Label =>
    text === 0
      ? { key: string(key), value: number, unit: string(unit) }
      : { key: string(key), value: string(text), unit: '' };
  const sample = ({ locationIds, values, labels }: RawSample): Sample => {
    if (values.length !== raw.sampleTypes.length) {
      throw new ProfileFormatError(
        `damaged profile: a sample has ${values.length} values for ${raw.sampleTypes.length} sample types`,
      );
    }
    return {
      stack: locationIds.map(locationIndex),
      values,
      labels: labels.length === 0 ? noLabels : labels.map(label),
    };
  };

  return {
    sampleTypes: raw.sampleTypes.map(valueType),
    samples: raw.samples.map(sample),
    mappings: raw.mappings.map(
      ({ id: _, filename, buildId, ...rest }): Mapping => ({
        ...rest,
        filename: string(filename),
        buildId: string(buildId),
      }),
    ),
    locations: raw.locations.map(
      ({ mappingId, address, isFolded, lines }): Location => ({
        // Some writers leave the mapping out that they name, and Go reads that as none.
        mapping: mappingId === 0 ? -1 : mappingIndex(mappingId),
        address,
        isFolded,
        lines: lines.map(
          ({ functionId, line, column }): Line => ({ function: functionIndex(functionId), line, column }),
        ),
      }),
    ),
    functions: raw.functions.map(
      ({ name, systemName, filename, startLine }): FunctionInfo => ({
        name: string(name),
        systemName: string(systemName),
        filename: string(filename),
        startLine,
      }),
    ),
    dropFrames: string(raw.dropFrames),
    keepFrames: string(raw.keepFrames),
    timeNanos: raw.timeNanos,
    durationNanos: raw.durationNanos,
    periodType: valueType(raw.periodType),
    period: raw.period,
    comments: raw.comments.map(string),
    defaultSampleType: string(raw.defaultSampleType),
    docUrl: string(raw.docUrl),
  };
}

const noLabels: readonly Label[] = [];

/**
 * Ids are any numbers but 0; nearly every writer counts them from 1.
 * @param missing What stands for an id that no entry has.
 */
function indexById(
  what: string,
  entries: readonly { id: Integer }[],
  missing = (id: Integer): number => {
    throw new ProfileFormatError(`damaged profile: there is no ${what} with the id ${id}`);
  },
): (id: Integer) => number {
  if (entries.every(({ id }, index) => id === index + 1)) {
    return (id) => {
      if (typeof id === 'number' && id > 0 && id <= entries.length) return id - 1;
      return missing(id);
    };
  }
  const indices = new Map<Integer, number>();
  entries.forEach(({ id }, index) => {
    if (id === 0)
      throw new ProfileFormatError(`damaged profile: a ${what} has the id 0, which means that there is none`);
    if (indices.has(id)) throw new ProfileFormatError(`damaged profile: two ${what}s have the id ${id}`);
    indices.set(id, index);
  });
  return (id) => {
    const index = indices.get(id);
    return index ?? missing(id);
  };
}

type RawProfile = ReturnType<typeof readProfile>;

function readProfile(reader: ProtobufReader) {
  const raw = {
    sampleTypes: [] as RawValueType[],
    samples: [] as RawSample[],
    mappings: [] as RawMapping[],
    locations: [] as RawLocation[],
    functions: [] as RawFunction[],
    strings: [] as string[],
    dropFrames: 0 as Integer,
    keepFrames: 0 as Integer,
    timeNanos: 0 as Integer,
    durationNanos: 0 as Integer,
    periodType: { type: 0, unit: 0 } as RawValueType,
    period: 0 as Integer,
    comments: [] as Integer[],
    defaultSampleType: 0 as Integer,
    docUrl: 0 as Integer,
  };
  reader.fields((field) => {
    if (field === profileField.sampleType) raw.sampleTypes.push(readValueType(reader));
    else if (field === profileField.sample) raw.samples.push(readSample(reader));
    else if (field === profileField.mapping) raw.mappings.push(readMapping(reader));
    else if (field === profileField.location) raw.locations.push(readLocation(reader));
    else if (field === profileField.function) raw.functions.push(readFunction(reader));
    else if (field === profileField.stringTable) raw.strings.push(reader.string());
    else if (field === profileField.dropFrames) raw.dropFrames = reader.int64();
    else if (field === profileField.keepFrames) raw.keepFrames = reader.int64();
    else if (field === profileField.timeNanos) raw.timeNanos = reader.int64();
    else if (field === profileField.durationNanos) raw.durationNanos = reader.int64();
    else if (field === profileField.periodType) raw.periodType = readValueType(reader);
    else if (field === profileField.period) raw.period = reader.int64();
    else if (field === profileField.comment) reader.int64s(raw.comments);
    else if (field === profileField.defaultSampleType) raw.defaultSampleType = reader.int64();
    else if (field === profileField.docUrl) raw.docUrl = reader.int64();
  });
  return raw;
}

function readValueType(reader: ProtobufReader): RawValueType {
  const raw: RawValueType = { type: 0, unit: 0 };
  reader.message((field) => {
    if (field === valueTypeField.type) raw.type = reader.int64();
    else if (field === valueTypeField.unit) raw.unit = reader.int64();
  });
  return raw;
}

function readSample(reader: ProtobufReader): RawSample {
  const raw: RawSample = { locationIds: [], values: [], labels: [] };
  reader.message((field) => {
    if (field === sampleField.locationId) reader.uint64s(raw.locationIds);
    else if (field === sampleField.value) reader.int64s(raw.values);
    else if (field === sampleField.label) raw.labels.push(readLabel(reader));
  });
  return raw;
}

function readLabel(reader: ProtobufReader): RawLabel {
  const raw: RawLabel = { key: 0, string: 0, number: 0, unit: 0 };
  reader.message((field) => {
    if (field === labelField.key) raw.key = reader.int64();
    else if (field === labelField.string) raw.string = reader.int64();
    else if (field === labelField.number) raw.number = reader.int64();
    else if (field === labelField.numberUnit) raw.unit = reader.int64();
  });
  return raw;
}

function readMapping(reader: ProtobufReader): RawMapping {
  const raw: RawMapping = {
    id: 0,
    memoryStart: 0,
    memoryLimit: 0,
    fileOffset: 0,
    filename: 0,
    buildId: 0,
    hasFunctions: false,
    hasFilenames: false,
    hasLineNumbers: false,
    hasInlineFrames: false,
  };
  reader.message((field) => {
    if (field === mappingField.id) raw.id = reader.uint64();
    else if (field === mappingField.memoryStart) raw.memoryStart = reader.uint64();
    else if (field === mappingField.memoryLimit) raw.memoryLimit = reader.uint64();
    else if (field === mappingField.fileOffset) raw.fileOffset = reader.uint64();
    else if (field === mappingField.filename) raw.filename = reader.int64();
    else if (field === mappingField.buildId) raw.buildId = reader.int64();
    else if (field === mappingField.hasFunctions) raw.hasFunctions = reader.boolean();
    else if (field === mappingField.hasFilenames) raw.hasFilenames = reader.boolean();
    else if (field === mappingField.hasLineNumbers) raw.hasLineNumbers = reader.boolean();
    else if (field === mappingField.hasInlineFrames) raw.hasInlineFrames = reader.boolean();
  });
  return raw;
}

function readLocation(reader: ProtobufReader): RawLocation {
  const raw: RawLocation = { id: 0, mappingId: 0, address: 0, isFolded: false, lines: [] };
  reader.message((field) => {
    if (field === locationField.id) raw.id = reader.uint64();
    else if (field === locationField.mappingId) raw.mappingId = reader.uint64();
    else if (field === locationField.address) raw.address = reader.uint64();
    else if (field === locationField.line) raw.lines.push(readLine(reader));
    else if (field === locationField.isFolded) raw.isFolded = reader.boolean();
  });
  return raw;
}

function readLine(reader: ProtobufReader): RawLine {
  const raw: RawLine = { functionId: 0, line: 0, column: 0 };
  reader.message((field) => {
    if (field === lineField.functionId) raw.functionId = reader.uint64();
    else if (field === lineField.line) raw.line = reader.int64();
    else if (field === lineField.column) raw.column = reader.int64();
  });
  return raw;
}

function readFunction(reader: ProtobufReader): RawFunction {
  const raw: RawFunction = { id: 0, name: 0, systemName: 0, filename: 0, startLine: 0 };
  reader.message((field) => {
    if (field === functionField.id) raw.id = reader.uint64();
    else if (field === functionField.name) raw.name = reader.int64();
    else if (field === functionField.systemName) raw.systemName = reader.int64();
    else if (field === functionField.filename) raw.filename = reader.int64();
    else if (field === functionField.startLine) raw.startLine = reader.int64();
  });
  return raw;
}
