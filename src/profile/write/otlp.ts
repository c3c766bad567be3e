import type { Integer } from '../integer.js';
import type { Label, ProfileModel, Sample, ValueType } from '../model.js';
import {
  anyValueField,
  arrayValueField,
  dictionaryField,
  functionField,
  keyValueAndUnitField,
  keyValueField,
  lineField,
  linkField,
  locationField,
  mappingField,
  profileField,
  requestField,
  resourceField,
  resourceProfilesField,
  sampleField,
  scopeField,
  scopeProfilesField,
  stackField,
  valueTypeField,
} from '../otlp/fields.js';
import { ProtobufWriter } from '../pprof/protobuf.js';
import { SequenceTable } from '../sequence-table.js';

export type AttributeValue = string | number | readonly string[];

/** Who sends a profile, and what it is called by. */
export interface OtlpSender {
  /** Attributes of the resource, `service.name` among them. */
  readonly resource: Readonly<Record<string, AttributeValue>>;
  /** What made it: the name of its instrumentation scope. */
  readonly scope: string;
  /** 16 bytes, others at each call. */
  readonly newProfileId: () => Uint8Array;
}

/**
 * The profile as an `ExportProfilesServiceRequest`, uncompressed, in the shapes that every receiver takes: one `Profile` for
 * each sample type, one value for each sample and no timestamps, and a zero entry at the beginning of each table of the
 * dictionary, also of those that nothing refers to: Pyroscope looks up the mapping of a location that has none.
 *
 * Labels become attributes, numbers among them as text; `span_id` with `trace_id` becomes a link. Where samples are counted
 * beside what they are worth, the period of those counts is what one is worth on average: receivers that multiply get the sum.
 *
 * Not carried over: build ids and flags of mappings, frames to drop or keep, samples of a value of 0.
 */
export function encodeOtlp(profile: ProfileModel, { resource, scope, newProfileId }: OtlpSender): Uint8Array {
  const dictionary = new Dictionary(profile);
  const writer = new ProtobufWriter();
  writer.message(requestField.resourceProfiles, () => {
    writer.message(resourceProfilesField.resource, () => {
      for (const [key, value] of Object.entries(resource)) writeKeyValue(writer, resourceField.attributes, key, value);
    });
    writer.message(resourceProfilesField.scopeProfiles, () => {
      writer.message(scopeProfilesField.scope, () => writer.string(scopeField.name, scope));
      profile.sampleTypes.forEach((_, type) => {
        writer.message(scopeProfilesField.profiles, () =>
          writeProfile(writer, profile, type, dictionary, newProfileId()),
        );
      });
    });
  });
  writer.message(requestField.dictionary, () => dictionary.write(writer));
  return writer.bytes();
}

function writeProfile(
  writer: ProtobufWriter,
  profile: ProfileModel,
  type: number,
  dictionary: Dictionary,
  id: Uint8Array,
): void {
  dictionary.writeValueType(writer, profileField.sampleType, profile.sampleTypes[type] ?? { type: '', unit: '' });
  for (const sample of profile.samples) {
    const value = sample.values[type] ?? 0;
    if (value === 0) continue;
    const { stack, attributes, link } = dictionary.referencesOf(sample);
    writer.message(profileField.samples, () => {
      writer.integer(sampleField.stackIndex, stack);
      writer.packed(sampleField.attributeIndices, attributes);
      writer.integer(sampleField.linkIndex, link);
      writer.packed(sampleField.values, [value]);
    });
  }
  writer.fixed64(profileField.timeUnixNano, profile.timeNanos);
  writer.integer(profileField.durationNano, profile.durationNanos);
  dictionary.writeValueType(writer, profileField.periodType, profile.periodType);
  writer.integer(profileField.period, periodOf(profile, type));
  writer.bytesField(profileField.profileId, id);
  writer.packed(profileField.attributeIndices, dictionary.profileAttributes);
}

/** What one of the sample type's units stands for, in units of the period's type. */
function periodOf({ sampleTypes, periodType, period, samples }: ProfileModel, type: number): Integer {
  const worth = sampleTypes.findIndex((sampleType) => sampleType.type === periodType.type);
  if (worth === -1 || worth === type || sampleTypes[type]?.unit !== 'count') return period;
  let counted = 0;
  let total = 0;
  for (const { values } of samples) {
    counted += Number(values[type] ?? 0);
    total += Number(values[worth] ?? 0);
  }
  return counted > 0 && total > 0 ? Math.max(1, Math.round(total / counted)) : period;
}

interface References {
  readonly stack: number;
  readonly attributes: readonly number[];
  readonly link: number;
}

/** Labels of pprof that have a name of their own in OpenTelemetry's conventions. */
const conventionalNames = new Map([['thread', 'thread.name']]);

/** What all profiles of a request have in common. Entry 0 of each of its tables is the zero value. */
class Dictionary {
  readonly profileAttributes: readonly number[];
  readonly #profile: ProfileModel;
  readonly #strings = new Map([['', 0]]);
  readonly #stacks = new SequenceTable();
  readonly #attributes = new Map<string, number>();
  readonly #attributeEntries: { readonly key: number; readonly value: AttributeValue }[] = [];
  readonly #links = new Map<string, number>();
  readonly #references = new Map<Sample, References>();
  readonly #frameType: number;

  constructor(profile: ProfileModel) {
    this.#profile = profile;
    this.#stacks.add([]);
    this.#frameType = this.#attribute('profile.frame.type', 'v8js');
    const { comments } = profile;
    this.profileAttributes = comments.length === 0 ? [] : [this.#attribute('pprof.profile.comment', comments)];
  }

  writeValueType(writer: ProtobufWriter, field: number, { type, unit }: ValueType): void {
    writer.message(field, () => {
      writer.integer(valueTypeField.typeStrindex, this.#string(type));
      writer.integer(valueTypeField.unitStrindex, this.#string(unit));
    });
  }

  referencesOf(sample: Sample): References {
    let references = this.#references.get(sample);
    if (references === undefined) {
      const { span, others } = splitLabels(sample.labels);
      references = {
        stack: this.#stacks.add(sample.stack.map((location) => location + 1)),
        attributes: this.#attributesOf(others),
        link: span === '' ? 0 : numberOf(this.#links, span),
      };
      this.#references.set(sample, references);
    }
    return references;
  }

  /** To be called last: what refers to it may add to it. */
  write(writer: ProtobufWriter): void {
    this.#writeMappings(writer);
    this.#writeLocations(writer);
    this.#writeFunctions(writer);
    writer.message(dictionaryField.linkTable, () => {});
    for (const span of this.#links.keys()) {
      writer.message(dictionaryField.linkTable, () => {
        writer.bytesField(linkField.traceId, bytesOf(span.slice(16)));
        writer.bytesField(linkField.spanId, bytesOf(span.slice(0, 16)));
      });
    }
    writer.message(dictionaryField.attributeTable, () => {});
    for (const { key, value } of this.#attributeEntries) {
      writer.message(dictionaryField.attributeTable, () => {
        writer.integer(keyValueAndUnitField.keyStrindex, key);
        writer.message(keyValueAndUnitField.value, () => writeAnyValue(writer, value));
      });
    }
    for (let number = 0; number < this.#stacks.size; number++) {
      const locations = this.#stacks.get(number);
      writer.message(dictionaryField.stackTable, () => writer.packed(stackField.locationIndices, locations));
    }
    for (const text of this.#strings.keys()) writer.string(dictionaryField.stringTable, text);
  }

  #writeMappings(writer: ProtobufWriter): void {
    writer.message(dictionaryField.mappingTable, () => {});
    for (const { memoryStart, memoryLimit, fileOffset, filename } of this.#profile.mappings) {
      writer.message(dictionaryField.mappingTable, () => {
        writer.integer(mappingField.memoryStart, memoryStart);
        writer.integer(mappingField.memoryLimit, memoryLimit);
        writer.integer(mappingField.fileOffset, fileOffset);
        writer.integer(mappingField.filenameStrindex, this.#string(filename));
      });
    }
  }

  #writeLocations(writer: ProtobufWriter): void {
    writer.message(dictionaryField.locationTable, () => {});
    for (const { mapping, address, lines } of this.#profile.locations) {
      writer.message(dictionaryField.locationTable, () => {
        writer.integer(locationField.mappingIndex, mapping + 1);
        writer.integer(locationField.address, address);
        for (const line of lines) {
          writer.message(locationField.lines, () => {
            writer.integer(lineField.functionIndex, line.function + 1);
            writer.integer(lineField.line, line.line);
            writer.integer(lineField.column, line.column);
          });
        }
        writer.packed(locationField.attributeIndices, [this.#frameType]);
      });
    }
  }

  #writeFunctions(writer: ProtobufWriter): void {
    writer.message(dictionaryField.functionTable, () => {});
    for (const { name, systemName, filename, startLine } of this.#profile.functions) {
      writer.message(dictionaryField.functionTable, () => {
        writer.integer(functionField.nameStrindex, this.#string(name));
        writer.integer(functionField.systemNameStrindex, this.#string(systemName));
        writer.integer(functionField.filenameStrindex, this.#string(filename));
        writer.integer(functionField.startLine, startLine);
      });
    }
  }

  /** A key has one value: of a label that a sample has twice, the first. */
  #attributesOf(labels: readonly Label[]): number[] {
    const values = new Map<string, string>();
    for (const { key, value } of labels) {
      const name = conventionalNames.get(key) ?? key;
      if (!values.has(name)) values.set(name, String(value));
    }
    return Array.from(values, ([key, value]) => this.#attribute(key, value));
  }

  #attribute(key: string, value: AttributeValue): number {
    const identity = JSON.stringify([key, value]);
    const before = this.#attributes.size;
    const number = numberOf(this.#attributes, identity);
    if (this.#attributes.size > before) this.#attributeEntries.push({ key: this.#string(key), value });
    return number;
  }

  #string(text: string): number {
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    this.#strings.set(text, this.#strings.size);
    return this.#strings.size - 1;
  }
}

/** From 1 on, in the order in which they come. */
function numberOf(numbers: Map<string, number>, key: string): number {
  let number = numbers.get(key);
  if (number === undefined) {
    number = numbers.size + 1;
    numbers.set(key, number);
  }
  return number;
}

/**
 * The span's id and that of its trace, end to end, in hexadecimal digits; empty without both. A span whose trace is not known
 * stays a label: a link with an empty trace id is none.
 */
function splitLabels(labels: readonly Label[]): { readonly span: string; readonly others: readonly Label[] } {
  const spanId = idIn(labels, 'span_id', 16);
  const traceId = idIn(labels, 'trace_id', 32);
  if (spanId === undefined || traceId === undefined) return { span: '', others: labels };
  return { span: spanId + traceId, others: labels.filter(({ key }) => key !== 'span_id' && key !== 'trace_id') };
}

function idIn(labels: readonly Label[], key: string, digits: number): string | undefined {
  const value = labels.find((label) => label.key === key)?.value;
  return typeof value === 'string' && value.length === digits && /^[0-9a-f]+$/.test(value) ? value : undefined;
}

function bytesOf(hexadecimal: string): Uint8Array {
  return Uint8Array.from(hexadecimal.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}

function writeKeyValue(writer: ProtobufWriter, field: number, key: string, value: AttributeValue): void {
  writer.message(field, () => {
    writer.string(keyValueField.key, key);
    writer.message(keyValueField.value, () => writeAnyValue(writer, value));
  });
}

function writeAnyValue(writer: ProtobufWriter, value: AttributeValue): void {
  if (typeof value === 'string') writer.string(anyValueField.stringValue, value);
  else if (typeof value === 'number') writer.integer(anyValueField.intValue, value);
  else {
    writer.message(anyValueField.arrayValue, () => {
      for (const text of value) {
        writer.message(arrayValueField.values, () => writer.string(anyValueField.stringValue, text));
      }
    });
  }
}
