// Requests of three routes that take turns at each await, and all of which are busy in the same function: only labels tell them apart.
const { withLabels } = globalThis.ledgerLabels ?? (await import('profbuf'));
const { busy, report, row } = (await import('./ledger.cjs')).default;

/** Milliseconds of CPU time for each of three steps. */
const routes = { '/health': 5, '/users': 10, '/report': 25 };

async function handle(milliseconds, account) {
  for (let step = 0; step < 3; step++) {
    account.run(busy, milliseconds);
    await (step === 0 ? null : new Promise((resolve) => setTimeout(resolve, step)));
  }
}

const accounts = new Map(Object.keys(routes).map((route) => [route, row({ label: ['route', route] })]));
for (let i = 0; i < 13; i++) {
  await Promise.all(
    Object.entries(routes).map(([route, milliseconds]) =>
      withLabels({ route }, () => handle(milliseconds, accounts.get(route))),
    ),
  );
}
// Work without its label is an error. What loading took is nobody's.
row('busy');
report('unknown');
