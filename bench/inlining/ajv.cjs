// Ajv compiles schemas, as services do at their beginning, and validates with what it made: evaluated code without a file.
const { repeat } = require('./until.cjs');
const Ajv = require('ajv');

const names = Array.from({ length: 20 }, (_, i) => `field${i}`);
const schema = {
  type: 'object',
  required: names,
  properties: Object.fromEntries(
    names.map((name, i) => [
      name,
      {
        anyOf: [
          { type: 'string', maxLength: 10 + i },
          { type: 'array', items: { type: 'integer' } },
        ],
      },
    ]),
  ),
};
const value = Object.fromEntries(
  names.map((name, i) => [name, i % 2 ? 'text' : Array.from({ length: 50 }, (_, k) => k)]),
);
repeat(() => {
  const validate = new Ajv({ allowUnionTypes: true }).compile(schema);
  for (let i = 0; i < 200; i++) if (!validate(value)) throw new Error('not valid');
});
