/** What is put into a page: text stays text, whatever it looks like. */
export type Content = Node | string;

/** A new element with these attributes and this content. There is no way for markup in here. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...content: readonly Content[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...content);
  return made;
}

/** The element of page.html that has the id. */
export function byId<Type extends HTMLElement>(id: string, type: new () => Type): Type {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${id}`);
  return found;
}

/** Control characters and marks that turn the direction of text would make a name look like another one. */
const unprintable = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A name out of a profile, as it is shown: in one line, and not longer than anybody reads. */
export function shownName(name: string): string {
  const text = name.length > 1000 ? `${name.slice(0, 1000)}…` : name;
  return text.replace(unprintable, '\ufffd');
}
