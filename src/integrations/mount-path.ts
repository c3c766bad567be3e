/** As routers give them: by name; wildcards as lists, or as text by number. */
export type PathParameters = Readonly<Record<string, unknown>>;

/**
 * A mount path as it was written (`/orders/:order`), out of what stands for it in a URL (`/orders/7`) and the parameters that
 * were found there: for routers that do not tell the path. Looks from the right, since a router's own parameters come after
 * those of the routers around it.
 *
 * @param isInherited Whether a parameter may be one of the routers around it, and not in this path at all. Such a one has
 *   to fill a segment: a short value is part of many words.
 */
export function mountPathOf(url: string, parameters: PathParameters, isInherited: (name: string) => boolean): string {
  let rest = decode(url);
  let written = '';
  for (const [name, value] of Object.entries(parameters).reverse()) {
    const text = Array.isArray(value) ? value.join('/') : value;
    if (typeof text !== 'string' || text === '') continue;
    const segment = `${rest}/`.lastIndexOf(`/${text}/`);
    const start = segment >= 0 ? segment + 1 : isInherited(name) ? -1 : rest.lastIndexOf(text);
    if (start < 0) continue;
    written = `${placeholder(name, value)}${rest.slice(start + text.length)}${written}`;
    rest = rest.slice(0, start);
  }
  return rest + written;
}

/** `*splat` is a list in express 5, `*` a number in express 4. */
function placeholder(name: string, value: unknown): string {
  if (Array.isArray(value)) return `*${name}`;
  return /^\d+$/.test(name) ? '*' : `:${name}`;
}

function decode(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}
