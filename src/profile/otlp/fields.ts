/**
 * Field numbers of OpenTelemetry's profiles, message by message: package `opentelemetry.proto.profiles.v1development` as
 * opentelemetry-proto 1.10 and 1.11 have it. 1.10 gave those of `Sample` other numbers than 1.9 had: a server answers what has
 * the old ones with 200, and the samples are gone. A test holds these against the official files.
 */

/** `ExportProfilesServiceRequest`, which is `ProfilesData` under another name. */
export const requestField = { resourceProfiles: 1, dictionary: 2 } as const;
/** `ExportProfilesServiceResponse` and its `ExportProfilesPartialSuccess`. */
export const responseField = { partialSuccess: 1 } as const;
export const partialSuccessField = { rejectedProfiles: 1, errorMessage: 2 } as const;

export const dictionaryField = {
  mappingTable: 1,
  locationTable: 2,
  functionTable: 3,
  linkTable: 4,
  stringTable: 5,
  attributeTable: 6,
  stackTable: 7,
} as const;
export const resourceProfilesField = { resource: 1, scopeProfiles: 2 } as const;
export const resourceField = { attributes: 1 } as const;
export const scopeProfilesField = { scope: 1, profiles: 2 } as const;
export const scopeField = { name: 1 } as const;
export const profileField = {
  sampleType: 1,
  samples: 2,
  timeUnixNano: 3,
  durationNano: 4,
  periodType: 5,
  period: 6,
  profileId: 7,
  attributeIndices: 11,
} as const;
export const valueTypeField = { typeStrindex: 1, unitStrindex: 2 } as const;
export const sampleField = { stackIndex: 1, attributeIndices: 2, linkIndex: 3, values: 4 } as const;
export const linkField = { traceId: 1, spanId: 2 } as const;
export const mappingField = { memoryStart: 1, memoryLimit: 2, fileOffset: 3, filenameStrindex: 4 } as const;
export const stackField = { locationIndices: 1 } as const;
export const locationField = { mappingIndex: 1, address: 2, lines: 3, attributeIndices: 4 } as const;
export const lineField = { functionIndex: 1, line: 2, column: 3 } as const;
export const functionField = { nameStrindex: 1, systemNameStrindex: 2, filenameStrindex: 3, startLine: 4 } as const;
export const keyValueAndUnitField = { keyStrindex: 1, value: 2 } as const;
export const keyValueField = { key: 1, value: 2 } as const;
export const anyValueField = { stringValue: 1, intValue: 3, arrayValue: 5 } as const;
export const arrayValueField = { values: 1 } as const;
