import { equal } from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { runtimes } from '../runtimes.js';
import { expectations, get, post } from './observed.js';
import type { Observations } from './programs/observations.js';
import { outputOfProgram } from './programs.js';

for (const runtime of runtimes) {
  describe(`profbuf/hono on ${runtime.name}`, () => {
    let observations: Observations;
    before(async () => {
      observations = await outputOfProgram(runtime.path, 'hono-requests');
    });

    const { isLabelled, isNeverLabelled, isStatus, itFailsNoRequest } = expectations(() => observations);

    it('takes the first handler for the route', () => {
      isLabelled('handler before one with a parameter', get('/users/me'));
      isLabelled('handler after middleware of its own', get('/users/:id'));
    });

    it('takes no middleware for the route, though it be for one method', () => {
      isLabelled('handler after middleware for GET', get('/other/:id'));
    });

    it('takes a handler for all methods for the route', () => {
      isLabelled('handler for all methods', get('/all/*'));
    });

    it('takes a handler that could pass on for the route if there is no other', () => {
      isLabelled('handler that takes next', get('/files/*'));
    });

    it('tells handlers from middleware in an application that handles its errors', () => {
      isLabelled('handler in an application that handles errors', get('/inner/:id'));
    });

    it('labels what no route answers by the method alone', () => {
      const notFound = { method: 'GET', tenant: 'acme' };
      // One of them has middleware for its path.
      isLabelled('not found', notFound, notFound, notFound, notFound);
    });

    it('labels a handler that reads a body', () => {
      isLabelled('handler that reads a body', post('/body/:id'), post('/body/:id'));
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
      isLabelled('error handler', get('/throws/:id'), {}, {});
      isStatus('/throws/1', 500);
    });

    it('leaves no label behind', () => {
      isNeverLabelled('before any request');
      isNeverLabelled('after any request');
    });
  });
}
