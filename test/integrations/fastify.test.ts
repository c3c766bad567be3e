import { deepEqual, equal } from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { LabelledSample } from '../labels/programs/samples.js';
import { runtimes } from '../runtimes.js';
import { expectations, get, post } from './observed.js';
import type { Observations } from './programs/observations.js';
import { labelsOfFunction, outputOfProgram } from './programs.js';

for (const runtime of runtimes) {
  describe(`profbuf/fastify on ${runtime.name}`, () => {
    let observations: Observations;
    before(async () => {
      observations = await outputOfProgram(runtime.path, 'fastify-requests');
    });

    const { isLabelled, isNeverLabelled, isStatus, itFailsNoRequest } = expectations(() => observations);

    it('labels parsers by the route', () => {
      isLabelled('parser of a buffer', post('/bodies/:id'));
      isLabelled('data of a parser', post('/bodies/:id'), post('/bodies/:id'));
      isLabelled('end of a parser', post('/bodies/:id'));
    });

    it('labels handlers after a body', () => {
      isLabelled('handler after a body', post('/bodies/:id'), post('/bodies/:id'), post('/bodies/:id'));
    });

    it('labels samples of its parser of JSON', async () => {
      const samples = await outputOfProgram<LabelledSample[]>(runtime.path, 'fastify-bodies');
      const found = labelsOfFunction(samples, 'defaultJsonParser').map((labels) => JSON.parse(labels));
      deepEqual(found, [{ method: 'POST', route: '/bodies/:id' }]);
    });

    it('labels handlers after hooks that called back on a shared connection', () => {
      isLabelled('handler after a hook on a shared connection', post('/shared/:id'), get('/shared/:id'));
    });

    it('labels the hook of a request that was aborted', () => {
      isLabelled('hook of an aborted request', post('/aborted/:id'));
    });

    it('labels a reply that is streamed', () => {
      isLabelled('streaming reply', get('/stream/:id'), get('/stream/:id'), get('/stream/:id'));
    });

    it('cuts the text of a route that is too long for a label', () => {
      const [labels, ...more] = observations['route with a long text'] ?? [];
      equal(more.length, 0);
      equal(labels?.route, `/long/${'a'.repeat(1018)}`);
    });

    itFailsNoRequest();

    it('labels the handler of an error by the route', () => {
      isLabelled('error handler', get('/throws/:id'), {}, {}, post('/aborted/:id'));
      isStatus('/throws/1', 500);
    });

    it('labels what no route answers by the method alone', () => {
      equal(observations['not found']?.length, 3);
      for (const labels of observations['not found'] ?? []) deepEqual(labels, { method: 'GET', tenant: 'acme' });
    });

    it('leaves no label behind', () => {
      isNeverLabelled('before any request');
      isNeverLabelled('after any request');
      isNeverLabelled('callback of a shared connection');
    });

    it('labels each request on a socket as itself', () => {
      isLabelled('first request on a socket', post('/keep-alive/:id'), post('/keep-alive/:id'));
      isNeverLabelled('before the next request on a socket');
    });
  });
}
