// An Express server, and a client in the same process that keeps it busy with 16 connections.
const http = require('node:http');
const { repeat } = require('./until.cjs');
const express = require('express');

const app = express();
app.use(express.json());
app.get('/items/:id', (request, response) => {
  response.json({ id: request.params.id, query: request.query, items: Array.from({ length: 20 }, (_, i) => ({ i })) });
});
const server = app.listen(0, '127.0.0.1', async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
  const { port } = server.address();
  const get = (path) =>
    new Promise((resolve, reject) => {
      http.get({ port, path, agent }, (response) => response.resume().on('end', resolve)).on('error', reject);
    });
  await repeat(() => Promise.all(Array.from({ length: 64 }, (_, i) => get(`/items/${i}?page=${i}&sort=name`))));
  agent.destroy();
  server.close();
});
