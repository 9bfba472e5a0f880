/** The language in brief. */
export const HELP: readonly (readonly [term: string, meaning: string])[] = [
  ['room guild', 'what the drawing starts from: guild, plain, matrix 11, matrix 12, or empty'],
  ['base -- a -- b', 'b follows a, a follows what was there before; several chains may name one event'],
  ['a: mod bans max', 'what a does'],
  ['a (at 50): …', 'with this time stamp, which its author chooses'],
  ['a (signed KEY): …', 'signed by keys named like b.example/k0'],
  ['joins leaves knocks', 'of oneself'],
  ['invites kicks bans unbans', 'WHOM'],
  ['grants', 'WHOM ROLE,ROLE or none (guild)'],
  ['roles', 'low=10:KICK_MEMBERS|BAN_MEMBERS …: the table with these changes (guild)'],
  ['power', 'mod=50 ban=75 …: the levels with these changes (plain, Matrix)'],
  ['opens closes', 'who may join: anybody, the invited'],
  ['admits', 'SERVER RANK (native)'],
  ['merges', 'the sender’s server merges (native)'],
  ['topic says', 'TEXT (plain, Matrix)'],
  ['sends', 'TYPE [STATE KEY] {content}: anything; {"$ref": "a"} is the ID of a'],
];
