// Requests of three tenants, some of them at once, each under labels of its own:
//   profbuf record examples/labels.mjs
import { withLabels } from 'profbuf';

const render = (rows) => Array.from({ length: rows }, (_, i) => `<td>${Math.sqrt(i)}</td>`).join('').length;

async function report(rows) {
  let size = 0;
  for (let page = 0; page < 20; page++) {
    size += render(rows);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return size;
}

const request = (tenant, rows) => withLabels({ route: '/report', tenant }, () => report(rows));

for (let round = 0; round < 3; round++) {
  await Promise.all([request('acme', 20_000), request('globex', 40_000), request('initech', 60_000)]);
}
