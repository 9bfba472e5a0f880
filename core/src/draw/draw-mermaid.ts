import { bylineOf, clipped, reasonText, shortId, visible } from './card-text.ts';
import type { Conflict, DrawnEvent } from './conflict.ts';

/** In units of a letter's height, as `clipped` counts. */
const MAX_TEXT = 160;

/** Mermaid's own width makes towers of sentences. Pixels. */
const SETTINGS = '%%{init: {"flowchart": {"wrappingWidth": 340}}}%%';

/** Fills that hold in a light and in a dark theme: each states its text's colour too. */
const CLASSES = [
  'classDef winner fill:#dafbe1,stroke:#1a7f37,color:#0b3d1a,stroke-width:2px',
  'classDef loser fill:#ffebe9,stroke:#b42318,color:#6b130c,stroke-dasharray:5 3',
  'classDef decider fill:#fff4cf,stroke:#8a5a00,color:#4d3200',
  'classDef other fill:#f6f8fa,stroke:#8c959f,color:#1f2328',
  'classDef result fill:#eef4ff,stroke:#2f5fb3,color:#16325f,stroke-width:2px',
];

/** A conflict as a Mermaid flowchart, oldest event on top, with the reason in each loser. */
export function drawMermaid(conflict: Conflict): string {
  const names = new Map(conflict.events.map((event, i) => [event.event_id, `e${i}`]));
  const lines = [SETTINGS, 'flowchart TD'];
  for (const event of conflict.events) lines.push(`  ${names.get(event.event_id)}["${label(event, conflict.ranked)}"]:::${event.fate}`);
  for (const event of conflict.events) {
    for (const { event_id, between } of event.after)
      lines.push(`  ${names.get(event_id)} ${between ? '-. more events .->' : '-->'} ${names.get(event.event_id)}`);
  }
  if (conflict.merged !== null) {
    lines.push(`  merged(["<b>together</b><br/>${text(conflict.title)}<br/>${text(conflict.merged.text)}"]):::result`);
    for (const head of conflict.merged.heads) lines.push(`  ${names.get(head)} --> merged`);
  }
  if (conflict.omitted > 0) lines.push(`  omitted["${conflict.omitted} more events are not drawn"]:::other`);
  return `${[...lines, ...CLASSES.map((line) => `  ${line}`)].join('\n')}\n`;
}

function label(event: DrawnEvent, ranked: boolean): string {
  const status = event.status === '' ? '' : `<i>${text(event.status)}</i><br/>`;
  const reason = reasonText(event);
  return `${status}<b>${text(event.title)}</b><br/>${text(bylineOf(event, ranked))}<br/>${text(shortId(event.event_id))}${reason === '' ? '' : `<br/>${text(reason)}`}`;
}

/** Everything but letters, digits, space and a few signs that mean nothing there, as Mermaid's character codes. */
function text(raw: string): string {
  return clipped(visible(raw), MAX_TEXT).replaceAll(/[^\p{L}\p{N} .,_…@:()?/=+-]/gu, (character) => `#${character.codePointAt(0)};`);
}
