import type { Row } from './trial.js';

const same = 'the same';

function result({ differences, known }: Row): string {
  return differences.length === 0 ? (known ?? same) : differences.join('; ').replaceAll('|', '\\|');
}

/** What came of the tools, a line for each Node and way. */
export function toolsTable(rows: readonly Row[]): string {
  return [
    '| tool | version | Node | recorded by | profiles | compared with a bare run |',
    '|---|---|---|---|--:|---|',
    ...rows.map((row) => `| ${[row.tool, row.version, row.node, row.way, row.profiles, result(row)].join(' | ')} |`),
  ].join('\n');
}

/** What came of the attempts, a line for each: where all is the same, once. */
export function attemptsTable(rows: readonly Row[]): string {
  const lines = [...new Set(rows.map(({ tool }) => tool))].map((name) => {
    const own = rows.filter(({ tool }) => tool === name);
    const found = own.filter(({ differences }) => differences.length > 0);
    const nodes = [...new Set(own.map(({ node }) => node.replace('Node ', '')))].join(', ');
    const what = found.map((row) => `${row.node}, ${row.way}: ${result(row)}`).join('; ') || own[0]?.known || same;
    return `| ${name} | ${nodes} | ${what} |`;
  });
  return ['| attempt | Node | compared with a bare run, both ways |', '|---|---|---|', ...lines].join('\n');
}

/** The document with the table in its place, which two comments hold. Throws where they are missing. */
export function placed(document: string, name: string, table: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`there is no place for ${name} in the document`);
  return `${document.slice(0, from + begin.length)}\n\n${table}\n\n${document.slice(to)}`;
}
