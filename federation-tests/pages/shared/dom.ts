/** What strangers wrote gets into the page as text and never as markup. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.map((child) => (typeof child === 'string' ? shown(child) : child)));
  return made;
}

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: readonly (Node | string)[]
): SVGElementTagNameMap[K] {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children.map((child) => (typeof child === 'string' ? shown(child) : child)));
  return made;
}

/** Control characters, and those that turn the direction of writing, would disturb what stands beside them. */
export function shown(text: string): string {
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found as T;
}

/** A button that turns light into dark and back. Until it is pressed the reader's system decides. */
export function themeButton(): HTMLButtonElement {
  const button = el('button', { class: 'icon', type: 'button', title: 'Light or dark', 'aria-label': 'Light or dark' }, '◐');
  button.addEventListener('click', () => {
    const { style } = document.documentElement;
    const dark = style.colorScheme === '' ? matchMedia('(prefers-color-scheme: dark)').matches : style.colorScheme === 'dark';
    style.colorScheme = dark ? 'light' : 'dark';
  });
  return button;
}

const MARKED = /(?<rule>\b(?:AUTH|RES|ENG|EV|SIG|KEY|RED|CJ|DAG|ID|MXB|MX|FED|EXP)-\d+(?:\.\d+)?)|(?<event>\u2039[^\u203a]+\u203a)/g;

/** Lines of an explanation: rule IDs stand out, and ‹names› of events can be clicked. */
export function explanation(text: string, choose: (name: string) => void): HTMLElement {
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const indent = line.length - line.trimStart().length;
      const made = el('div', { class: indent > 0 ? 'step' : 'line' });
      let at = indent;
      for (const match of line.matchAll(MARKED)) {
        made.append(shown(line.slice(at, match.index)));
        at = match.index + match[0].length;
        const { rule, event } = match.groups as { rule?: string; event?: string };
        if (rule !== undefined) made.append(el('code', { class: 'rule' }, rule));
        else if (event !== undefined) made.append(eventLink(event.slice(1, -1), choose));
      }
      made.append(shown(line.slice(at)));
      return made;
    });
  return el('div', { class: 'explanation' }, ...lines);
}

/** A name of an event that selects it. */
export function eventLink(name: string, choose: (name: string) => void): HTMLElement {
  const link = el('button', { class: 'event-link', type: 'button' }, name);
  link.addEventListener('click', () => choose(name));
  return link;
}
