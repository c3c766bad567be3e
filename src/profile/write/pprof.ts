import type { Integer } from '../integer.js';
import type { FunctionInfo, Label, Location, Mapping, ProfileModel, ValueType } from '../model.js';
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
import { ProtobufWriter } from '../pprof/protobuf.js';
import { StringTable } from '../string-table.js';

/** What a profile says of itself as a whole. */
export type ProfileFacts = Omit<ProfileModel, 'sampleTypes' | 'samples' | 'mappings' | 'locations' | 'functions'>;

/**
 * @param stack Indices of locations, leaf first.
 * @param values One for each sample type. Neither array is kept.
 */
export type WriteSample = (stack: ArrayLike<number>, values: ArrayLike<Integer>, labels: readonly Label[]) => void;

/**
 * Writes uncompressed pprof files. What only grows while a program is profiled (functions, locations and their names) is
 * written once, as it comes, and copied into every file; samples, whose values change, are written anew.
 *
 * So the string table begins with the strings of what was added, and those of one file only, in labels and comments, follow.
 */
export class PprofEncoder {
  /** The names of what was added. */
  readonly strings = new StringTable();
  readonly #sampleTypes = new ProtobufWriter();
  readonly #mappings = new ProtobufWriter();
  readonly #locations = new ProtobufWriter();
  readonly #functions = new ProtobufWriter();
  #mappingCount = 0;
  #locationCount = 0;
  #functionCount = 0;
  #lastLength = 0;

  constructor(sampleTypes: readonly ValueType[]) {
    for (const type of sampleTypes) writeValueType(this.#sampleTypes, profileField.sampleType, type, this.strings);
  }

  addMapping(mapping: Mapping): void {
    const writer = this.#mappings;
    writer.message(profileField.mapping, () => {
      writer.integer(mappingField.id, ++this.#mappingCount);
      writer.integer(mappingField.memoryStart, mapping.memoryStart);
      writer.integer(mappingField.memoryLimit, mapping.memoryLimit);
      writer.integer(mappingField.fileOffset, mapping.fileOffset);
      writer.integer(mappingField.filename, this.strings.index(mapping.filename));
      writer.integer(mappingField.buildId, this.strings.index(mapping.buildId));
      writer.boolean(mappingField.hasFunctions, mapping.hasFunctions);
      writer.boolean(mappingField.hasFilenames, mapping.hasFilenames);
      writer.boolean(mappingField.hasLineNumbers, mapping.hasLineNumbers);
      writer.boolean(mappingField.hasInlineFrames, mapping.hasInlineFrames);
    });
  }

  addLocation(location: Location): void {
    const writer = this.#locations;
    writer.message(profileField.location, () => {
      writer.integer(locationField.id, ++this.#locationCount);
      writer.integer(locationField.mappingId, location.mapping + 1);
      writer.integer(locationField.address, location.address);
      for (const line of location.lines) {
        writer.message(locationField.line, () => {
          writer.integer(lineField.functionId, line.function + 1);
          writer.integer(lineField.line, line.line);
          writer.integer(lineField.column, line.column);
        });
      }
      writer.boolean(locationField.isFolded, location.isFolded);
    });
  }

  addFunction(info: FunctionInfo): void {
    const writer = this.#functions;
    writer.message(profileField.function, () => {
      writer.integer(functionField.id, ++this.#functionCount);
      writer.integer(functionField.name, this.strings.index(info.name));
      writer.integer(functionField.systemName, this.strings.index(info.systemName));
      writer.integer(functionField.filename, this.strings.index(info.filename));
      writer.integer(functionField.startLine, info.startLine);
    });
  }

  /** A file with all that was added until now, and the samples that `writeSamples` hands over. */
  encode(facts: ProfileFacts, writeSamples: (writeSample: WriteSample) => void): Uint8Array {
    // The last file, and some more: growing a buffer copies it, and leaves the old one to the garbage collector.
    const writer = new ProtobufWriter(Math.ceil(this.#lastLength * 1.125));
    const strings = new StringTable(this.strings);
    writer.append(this.#sampleTypes);
    writeSamples((stack, values, labels) => {
      writer.message(profileField.sample, () => {
        writer.packed(sampleField.locationId, stack, 1);
        writer.packed(sampleField.value, values);
        for (const label of labels) writeLabel(writer, label, strings);
      });
    });
    writer.append(this.#mappings);
    writer.append(this.#locations);
    writer.append(this.#functions);
    writeFacts(writer, facts, strings);
    writer.append(this.strings.entries);
    writer.append(strings.entries);
    this.#lastLength = writer.length;
    return writer.bytes();
  }
}

/** The profile as an uncompressed pprof file. */
export function encodePprof(profile: ProfileModel): Uint8Array {
  const encoder = new PprofEncoder(profile.sampleTypes);
  for (const info of profile.functions) encoder.addFunction(info);
  for (const mapping of profile.mappings) encoder.addMapping(mapping);
  for (const location of profile.locations) encoder.addLocation(location);
  return encoder.encode(profile, (writeSample) => {
    for (const { stack, values, labels } of profile.samples) writeSample(stack, values, labels);
  });
}

function writeFacts(writer: ProtobufWriter, facts: ProfileFacts, strings: StringTable): void {
  writer.integer(profileField.dropFrames, strings.index(facts.dropFrames));
  writer.integer(profileField.keepFrames, strings.index(facts.keepFrames));
  writer.integer(profileField.timeNanos, facts.timeNanos);
  writer.integer(profileField.durationNanos, facts.durationNanos);
  writeValueType(writer, profileField.periodType, facts.periodType, strings);
  writer.integer(profileField.period, facts.period);
  writer.packed(
    profileField.comment,
    facts.comments.map((comment) => strings.index(comment)),
  );
  writer.integer(profileField.defaultSampleType, strings.index(facts.defaultSampleType));
  writer.integer(profileField.docUrl, strings.index(facts.docUrl));
}

function writeValueType(writer: ProtobufWriter, field: number, { type, unit }: ValueType, strings: StringTable): void {
  writer.message(field, () => {
    writer.integer(valueTypeField.type, strings.index(type));
    writer.integer(valueTypeField.unit, strings.index(unit));
  });
}

function writeLabel(writer: ProtobufWriter, { key, value, unit }: Label, strings: StringTable): void {
  writer.message(sampleField.label, () => {
    writer.integer(labelField.key, strings.index(key));
    if (typeof value === 'string') writer.integer(labelField.string, strings.labelIndex(value));
    else {
      writer.integer(labelField.number, value);
      writer.integer(labelField.numberUnit, strings.index(unit));
    }
  });
}
