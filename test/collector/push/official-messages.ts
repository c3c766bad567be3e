import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { root } from '../../cli/command.js';

function load(files: readonly string[]): protobuf.Root {
  const messages = new protobuf.Root();
  // Only what is named: annotations of other projects, which some files import, are on no wire.
  for (const file of files) {
    protobuf.parse(readFileSync(join(root, 'test/collector/push/official', file), 'utf8'), messages, {
      keepCase: true,
    });
  }
  messages.resolveAll();
  return messages;
}

/** OpenTelemetry's, by the official files. */
export const opentelemetry = load([
  'opentelemetry/proto/common/v1/common.proto',
  'opentelemetry/proto/resource/v1/resource.proto',
  'opentelemetry/proto/profiles/v1development/profiles.proto',
  'opentelemetry/proto/collector/profiles/v1development/profiles_service.proto',
]);

/** Pyroscope's. */
const pyroscope = load(['types/v1/types.proto', 'push/v1/push.proto']);

const exportRequest = opentelemetry.lookupType(
  'opentelemetry.proto.collector.profiles.v1development.ExportProfilesServiceRequest',
);
const exportResponse = opentelemetry.lookupType(
  'opentelemetry.proto.collector.profiles.v1development.ExportProfilesServiceResponse',
);
const pushRequest = pyroscope.lookupType('push.v1.PushRequest');

interface Attribute {
  readonly key_strindex: number;
  readonly value?: {
    readonly string_value?: string;
    readonly array_value?: { readonly values: readonly { string_value: string }[] };
  };
}

export interface OtlpProfile {
  readonly sample_type: { readonly type_strindex: number; readonly unit_strindex: number };
  readonly samples: readonly {
    readonly stack_index: number;
    readonly attribute_indices: readonly number[];
    readonly link_index: number;
    readonly values: readonly number[];
    readonly timestamps_unix_nano: readonly number[];
  }[];
  readonly time_unix_nano: number;
  readonly duration_nano: number;
  readonly period_type: { readonly type_strindex: number; readonly unit_strindex: number };
  readonly period: number;
  readonly profile_id: Uint8Array;
  readonly attribute_indices: readonly number[];
}

export interface OtlpRequest {
  readonly resource_profiles: readonly {
    readonly resource: {
      readonly attributes: readonly { readonly key: string; readonly value: { readonly string_value: string } }[];
    };
    readonly scope_profiles: readonly {
      readonly scope: { readonly name: string };
      readonly profiles: readonly OtlpProfile[];
    }[];
  }[];
  readonly dictionary: {
    readonly mapping_table: readonly { readonly filename_strindex: number }[];
    readonly location_table: readonly {
      readonly mapping_index: number;
      readonly lines: readonly { readonly function_index: number; readonly line: number; readonly column: number }[];
    }[];
    readonly function_table: readonly {
      readonly name_strindex: number;
      readonly filename_strindex: number;
      readonly start_line: number;
    }[];
    readonly link_table: readonly { readonly trace_id: Uint8Array; readonly span_id: Uint8Array }[];
    readonly string_table: readonly string[];
    readonly attribute_table: readonly Attribute[];
    readonly stack_table: readonly { readonly location_indices: readonly number[] }[];
  };
}

const plain = { longs: Number, defaults: true, arrays: true } as const;

/** @throws when the bytes are no such message. */
export function decodeOtlp(bytes: Uint8Array): OtlpRequest {
  return exportRequest.toObject(exportRequest.decode(bytes), plain) as OtlpRequest;
}

export function partialSuccess(rejected: number, message: string): Uint8Array {
  return exportResponse
    .encode(exportResponse.create({ partial_success: { rejected_profiles: rejected, error_message: message } }))
    .finish();
}

export interface PushRequest {
  readonly series: readonly {
    readonly labels: readonly { readonly name: string; readonly value: string }[];
    readonly samples: readonly { readonly raw_profile: Uint8Array; readonly ID: string }[];
  }[];
}

/** @throws when the bytes are no such message. */
export function decodePush(bytes: Uint8Array): PushRequest {
  return pushRequest.toObject(pushRequest.decode(bytes), { ...plain }) as PushRequest;
}
