import { OWNER_RANK } from '../auth/servers.ts';
import type { DrawnEvent } from './conflict.ts';

/** Characters of an ID that are shown at its beginning. 11 of base58 tell events apart. */
const ID_CHARACTERS = 12;

/** Beneath the title: who, and how high. */
export function bylineOf({ sender, rank }: DrawnEvent, ranked: boolean): string {
  return ranked ? `by ${sender}, ${rankText(rank)}` : `by ${sender}`;
}

/** The reason as one line of text, its rule first. */
export function reasonText({ reason }: DrawnEvent): string {
  if (reason === null) return '';
  return reason.rule === null ? reason.text : `${reason.rule}: ${reason.text}`;
}

export function shortId(eventId: string): string {
  return eventId.length > ID_CHARACTERS ? `${eventId.slice(0, ID_CHARACTERS)}…` : eventId;
}

function rankText(rank: number): string {
  if (rank < OWNER_RANK) return `rank ${rank}`;
  return rank === OWNER_RANK ? 'the owner' : 'above all users';
}

/** Control characters and those that turn the direction of writing would let a stranger's name disturb what stands beside it. */
export function visible(text: string): string {
  return text
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g, '\ufffd')
    .toWellFormed();
}

/**
 * About how wide a text is, in units of its letters' height: nothing here can measure. Rather too wide than too narrow, for the widest of the usual
 * fonts.
 */
function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

function characterWidth(character: string): number {
  const code = character.codePointAt(0) as number;
  if (code >= 0x1100) return code === 0x2026 ? 0.82 : 1.1;
  if (/[ijlIftr.,:;'|!()[\] -]/.test(character)) return 0.41;
  if (/[mwMW@%]/.test(character)) return 1;
  return /[A-Z_$#&]/.test(character) ? 0.74 : 0.64;
}

const ELLIPSIS = '…';

/** Cuts a text at the end to a width in units of its letters' height. */
export function clipped(text: string, most: number): string {
  if (widthOf(text) <= most) return text;
  let width = characterWidth(ELLIPSIS);
  let kept = '';
  for (const character of text) {
    width += characterWidth(character);
    if (width > most) break;
    kept += character;
  }
  return kept + ELLIPSIS;
}

/** Breaks a text into lines of at most a width, at spaces where there are any; what is beyond `maxLines` is cut off. */
export function wrapped(text: string, most: number, maxLines: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((one) => pieces(one, most))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || widthOf(longer) <= most) {
      line = longer;
    } else {
      lines.push(line);
      line = word;
    }
  }
  if (line !== '') lines.push(line);
  return lines.length <= maxLines ? lines : [...lines.slice(0, maxLines - 1), clipped(lines.slice(maxLines - 1).join(' '), most)];
}

/** A word, in parts if it is wider than a line. */
function pieces(word: string, most: number): string[] {
  const parts: string[] = [];
  let part = '';
  for (const character of word) {
    if (part !== '' && widthOf(part + character) > most) {
      parts.push(part);
      part = '';
    }
    part += character;
  }
  return [...parts, part];
}
