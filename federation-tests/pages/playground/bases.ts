/** What is there before the drawing, as acts one after another. olga makes the room. */
export interface Base {
  readonly label: string;
  /** Room version; `native`: this project's own. */
  readonly version: string;
  readonly kind: 'guild' | 'plain' | 'matrix';
  readonly acts: readonly (readonly [name: string, act: string])[];
}

const guild: Base['acts'] = [
  ['olga_j', 'olga joins'],
  ['roles', 'olga roles'],
  ['open', 'olga opens'],
  ['admit_b', 'olga admits b.example 90'],
  ['admit_e', 'olga admits e.example 50'],
  ['adam_j', 'adam joins'],
  ['adam_g', 'olga grants adam admin'],
  ['bea_j', 'bea joins'],
  ['bea_g', 'olga grants bea admin'],
  ['mod_j', 'mod joins'],
  ['mod_g', 'olga grants mod mod'],
  ['moss_j', 'moss joins'],
  ['moss_g', 'olga grants moss mod'],
  ['max_j', 'max joins'],
  ['sam_j', 'sam joins'],
];

const plain: Base['acts'] = [
  ['olga_j', 'olga joins'],
  ['levels', 'olga power adam=90 mod=50'],
  ['open', 'olga opens'],
  ['admit_b', 'olga admits b.example 50'],
  ['adam_j', 'adam joins'],
  ['mod_j', 'mod joins'],
  ['max_j', 'max joins'],
];

const matrix = (creatorListed: boolean): Base['acts'] => [
  ['olga_j', 'olga joins'],
  [
    'levels',
    `olga power ${creatorListed ? 'olga=100 ' : ''}adam=90 bea=90 mod=50 moss=50 users_default=0 state_default=50 events_default=0 ban=50 kick=50 invite=0 redact=50`,
  ],
  ['open', 'olga opens'],
  ['adam_j', 'adam joins'],
  ['bea_j', 'bea joins'],
  ['mod_j', 'mod joins'],
  ['moss_j', 'moss joins'],
  ['max_j', 'max joins'],
];

export const BASES: Readonly<Record<string, Base>> = {
  guild: { label: 'guild: native, roles', version: 'native', kind: 'guild', acts: guild },
  plain: { label: 'plain: native, power levels', version: 'native', kind: 'plain', acts: plain },
  'matrix 11': { label: 'matrix 11: resolution v2', version: '11', kind: 'matrix', acts: matrix(true) },
  'matrix 12': { label: 'matrix 12: resolution v2.1', version: '12', kind: 'matrix', acts: matrix(false) },
};

/** A native guild of which everything is in the drawing: for stories of vectors. */
export const EMPTY = 'empty';
