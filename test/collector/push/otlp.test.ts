import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ProfileModel } from 'profbuf';
import * as fields from '#profbuf/profile/otlp/fields.js';
import { encodeOtlp } from '#profbuf/profile/write/otlp.js';
import { arbitraryProfile } from '../../profile/arbitrary-profile.js';
import { exampleProfile } from '../../profile/example-profile.js';
import { decodeOtlp, type OtlpProfile, type OtlpRequest, opentelemetry } from './official-messages.js';

const sender = {
  resource: { 'service.name': 'shop', 'deployment.environment': 'test' },
  scope: 'profbuf',
  newProfileId: () => new Uint8Array(16).fill(7),
};

function requestOf(profile: ProfileModel): OtlpRequest {
  return decodeOtlp(encodeOtlp(profile, sender));
}

function profilesOf(request: OtlpRequest): readonly OtlpProfile[] {
  return request.resource_profiles.flatMap(({ scope_profiles }) => scope_profiles.flatMap(({ profiles }) => profiles));
}

/** Function names, leaf first. */
function stackOf({ dictionary }: OtlpRequest, stack: number): string[] {
  const { stack_table, location_table, function_table, string_table } = dictionary;
  return (stack_table[stack]?.location_indices ?? []).flatMap((location) =>
    (location_table[location]?.lines ?? []).map(
      ({ function_index }) => string_table[function_table[function_index]?.name_strindex ?? -1] ?? 'missing',
    ),
  );
}

function attributesOf({ dictionary }: OtlpRequest, indices: readonly number[]): Record<string, string | undefined> {
  const { attribute_table, string_table } = dictionary;
  return Object.fromEntries(
    indices.map((index) => {
      const attribute = attribute_table[index];
      return [string_table[attribute?.key_strindex ?? -1] ?? 'missing', attribute?.value?.string_value];
    }),
  );
}

const development = 'opentelemetry.proto.profiles.v1development.';
const messages: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  [`${development}ProfilesData`]: fields.requestField,
  'opentelemetry.proto.collector.profiles.v1development.ExportProfilesServiceRequest': fields.requestField,
  'opentelemetry.proto.collector.profiles.v1development.ExportProfilesServiceResponse': fields.responseField,
  'opentelemetry.proto.collector.profiles.v1development.ExportProfilesPartialSuccess': fields.partialSuccessField,
  [`${development}ProfilesDictionary`]: fields.dictionaryField,
  [`${development}ResourceProfiles`]: fields.resourceProfilesField,
  [`${development}ScopeProfiles`]: fields.scopeProfilesField,
  [`${development}Profile`]: fields.profileField,
  [`${development}ValueType`]: fields.valueTypeField,
  [`${development}Sample`]: fields.sampleField,
  [`${development}Link`]: fields.linkField,
  [`${development}Mapping`]: fields.mappingField,
  [`${development}Stack`]: fields.stackField,
  [`${development}Location`]: fields.locationField,
  [`${development}Line`]: fields.lineField,
  [`${development}Function`]: fields.functionField,
  [`${development}KeyValueAndUnit`]: fields.keyValueAndUnitField,
  'opentelemetry.proto.resource.v1.Resource': fields.resourceField,
  'opentelemetry.proto.common.v1.InstrumentationScope': fields.scopeField,
  'opentelemetry.proto.common.v1.KeyValue': fields.keyValueField,
  'opentelemetry.proto.common.v1.AnyValue': fields.anyValueField,
  'opentelemetry.proto.common.v1.ArrayValue': fields.arrayValueField,
};

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

describe('OTLP profiles', () => {
  it('have the field numbers of the official files', () => {
    for (const [name, numbers] of Object.entries(messages)) {
      const official = opentelemetry.lookupType(name).fields;
      for (const [field, number] of Object.entries(numbers)) {
        assert.equal(official[snakeCase(field)]?.id, number, `${name}.${field}`);
      }
    }
    const all = Object.keys(fields).length;
    assert.equal(new Set(Object.values(messages)).size, all, 'every table is held against its message');
  });

  it('have those of 1.10, which 1.9 did not have: servers answer 200 to either', () => {
    // Written down a second time, so that new official files do not change what is spoken without a word.
    assert.deepEqual(fields.sampleField, { stackIndex: 1, attributeIndices: 2, linkIndex: 3, values: 4 });
    assert.deepEqual(fields.dictionaryField, {
      mappingTable: 1,
      locationTable: 2,
      functionTable: 3,
      linkTable: 4,
      stringTable: 5,
      attributeTable: 6,
      stackTable: 7,
    });
  });

  it('say the same as the pprof file', () => {
    const { model } = exampleProfile();
    const request = requestOf(model);
    const [counts, cpu, ...more] = profilesOf(request);
    assert.ok(counts !== undefined && cpu !== undefined && more.length === 0);
    const { string_table: strings } = request.dictionary;
    const typeOf = ({ sample_type, period_type }: OtlpProfile) =>
      [sample_type, period_type].map((type) => `${strings[type.type_strindex]}/${strings[type.unit_strindex]}`);
    assert.deepEqual(typeOf(counts), ['samples/count', 'cpu/nanoseconds']);
    assert.deepEqual(typeOf(cpu), ['cpu/nanoseconds', 'cpu/nanoseconds']);
    [counts, cpu].forEach((profile, type) => {
      assert.deepEqual(
        profile.samples.map(({ stack_index, values, timestamps_unix_nano, attribute_indices }) => ({
          stack: stackOf(request, stack_index),
          values,
          timestamps: timestamps_unix_nano.length,
          attributes: attributesOf(request, attribute_indices),
        })),
        model.samples.map(({ stack, values, labels }) => ({
          stack: stack.map((location) => model.functions[model.locations[location]?.lines[0]?.function ?? -1]?.name),
          values: [values[type]],
          timestamps: 0,
          attributes: Object.fromEntries(labels.map(({ key, value }) => [key, String(value)])),
        })),
      );
      assert.equal(profile.period, 10_000_000);
      assert.equal(profile.time_unix_nano, Number(model.timeNanos));
      assert.equal(profile.duration_nano, Number(model.durationNanos));
      assert.equal(profile.profile_id.length, 16);
    });
    const [{ resource, scope_profiles } = assert.fail()] = request.resource_profiles;
    assert.deepEqual(
      resource.attributes.map(({ key, value }) => [key, value.string_value]),
      Object.entries(sender.resource),
    );
    assert.equal(scope_profiles[0]?.scope.name, 'profbuf');
  });

  it('have a period by which counts become the CPU time of the file', () => {
    const { model } = exampleProfile();
    const doubled = model.samples.map(({ values: [count = 0, nanos = 0], ...sample }) => ({
      ...sample,
      values: [count, Number(nanos) * 3],
    }));
    const [counts, cpu] = profilesOf(requestOf({ ...model, samples: doubled }));
    assert.equal(counts?.period, 30_000_000);
    assert.equal(cpu?.period, 10_000_000);
  });

  it('link samples to spans, and only those with both ids', () => {
    const { model } = exampleProfile();
    const ids = { span_id: '00f067aa0ba902b7', trace_id: '4bf92f3577b34da6a3ce929d0e0e4736' };
    const labelled = [{ ...ids, route: '/a' }, ids, { span_id: ids.span_id }, { ...ids, span_id: 'not an id' }, {}];
    const [sample] = model.samples;
    const samples = labelled.map((labels) => ({
      stack: sample?.stack ?? [],
      values: [1, 1],
      labels: Object.entries(labels).map(([key, value]) => ({ key, value, unit: '' })),
    }));
    const request = requestOf({ ...model, samples });
    const { link_table: links } = request.dictionary;
    const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex');
    assert.deepEqual(
      profilesOf(request)[0]?.samples.map(({ link_index, attribute_indices }) => ({
        span: link_index === 0 ? undefined : hex(links[link_index]?.span_id),
        trace: link_index === 0 ? undefined : hex(links[link_index]?.trace_id),
        attributes: attributesOf(request, attribute_indices),
      })),
      [
        { span: ids.span_id, trace: ids.trace_id, attributes: { route: '/a' } },
        { span: ids.span_id, trace: ids.trace_id, attributes: {} },
        { span: undefined, trace: undefined, attributes: { span_id: ids.span_id } },
        { span: undefined, trace: undefined, attributes: { ...ids, span_id: 'not an id' } },
        { span: undefined, trace: undefined, attributes: {} },
      ],
    );
    assert.equal(links.length, 2);
    assert.deepEqual([links[0]?.trace_id, links[0]?.span_id].map(hex), ['', '']);
  });

  it('carry comments, and the thread under its conventional name', () => {
    const { model } = exampleProfile();
    const thread = [{ key: 'thread', value: 'worker 1', unit: '' }];
    const request = requestOf({ ...model, samples: model.samples.map((sample) => ({ ...sample, labels: thread })) });
    const [profile] = profilesOf(request);
    assert.deepEqual(attributesOf(request, profile?.samples[0]?.attribute_indices ?? []), {
      'thread.name': 'worker 1',
    });
    const [index = 0] = profile?.attribute_indices ?? [];
    const comment = request.dictionary.attribute_table[index];
    assert.equal(request.dictionary.string_table[comment?.key_strindex ?? 0], 'pprof.profile.comment');
    assert.deepEqual(
      comment?.value?.array_value?.values.map(({ string_value }) => string_value),
      model.comments,
    );
  });

  it('of any profile have tables that begin with nothing, indices that lead somewhere, and the sums of the file', () => {
    fc.assert(
      fc.property(arbitraryProfile, (profile) => {
        // Times are not negative; neither are lines.
        const model = { ...profile, timeNanos: 1, durationNanos: 1 };
        const request = requestOf(model);
        const { dictionary } = request;
        assert.equal(dictionary.string_table[0], '');
        assert.equal(new Set(dictionary.string_table).size, dictionary.string_table.length);
        for (const table of ['mapping', 'location', 'function', 'link', 'attribute', 'stack'] as const) {
          assert.ok(dictionary[`${table}_table`].length > 0, table);
        }
        assert.deepEqual(dictionary.stack_table[0]?.location_indices, []);
        assert.deepEqual(dictionary.location_table[0]?.lines, []);
        assert.equal(dictionary.location_table.length, model.locations.length + 1);
        assert.equal(dictionary.function_table.length, model.functions.length + 1);
        profilesOf(request).forEach((decoded, type) => {
          const nonzero = model.samples.filter(({ values }) => values[type] !== 0);
          assert.equal(decoded.samples.length, nonzero.length);
          decoded.samples.forEach((sample, i) => {
            assert.equal(sample.values.length, 1);
            assert.equal(sample.values[0], Number(nonzero[i]?.values[type]));
            const stack = dictionary.stack_table[sample.stack_index]?.location_indices;
            assert.deepEqual(
              stack,
              nonzero[i]?.stack.map((location) => location + 1),
            );
            const keys = sample.attribute_indices.map((index) => dictionary.attribute_table[index]?.key_strindex);
            assert.equal(new Set(keys).size, keys.length, 'each key once');
          });
        });
      }),
      { numRuns: 200 },
    );
  });

  it('are messages without anything that the official files do not know', () => {
    const request = opentelemetry.lookupType(
      'opentelemetry.proto.collector.profiles.v1development.ExportProfilesServiceRequest',
    );
    const bytes = encodeOtlp(exampleProfile().model, sender);
    // What is not known does not come back.
    assert.equal(request.encode(request.decode(bytes)).finish().length, bytes.length);
  });
});
