import { serverOf } from '@openguild/core';
import { conversation } from './draft-conversation.ts';
import { authority, grant, listing, overwrites } from './draft-guild.ts';
import { levels } from './draft-levels.ts';
import { join, member, root, unban } from './draft-membership.ts';
import { admission, keys } from './draft-servers.ts';
import { RECIPES } from './precise.ts';
import type { ActKind } from '../shape.ts';
import { someChannel, stateWish, type Wish, type Wisher } from './state-now.ts';

/** Of a server that nobody admitted. */
const STRANGER = '@stranger:elsewhere.example';

/** Draws an act of this kind. Often allowed, never always. Undefined where there is nothing to act on. */
export function drawWish(kind: ActKind, wisher: Wisher): Wish | undefined {
  const { world, random, now, who } = wisher;
  const users = world.servers.flatMap((server) => server.users);
  // Whoever is invited is told of it, and there is nobody to be told.
  const target = kind !== 'invite' && kind !== 'tries' && random.chance(0.04) ? STRANGER : random.pick(users);
  switch (kind) {
    case 'kick':
      return member(wisher, target, { membership: 'leave' });
    case 'ban':
    case 'invite':
      return member(wisher, target, { membership: kind });
    case 'unban':
      return unban(wisher, users, target);
    case 'join':
      return join(wisher, target);
    case 'leave':
      return member(wisher, who, { membership: 'leave' });
    case 'profile':
      return member(wisher, who, { membership: 'join', root: root(wisher), stay: now.stay(who), displayname: `n${random.int(9)}` });
    case 'admit':
      return admission(wisher, serverOf(target));
    case 'keys':
      return keys(wisher);
    case 'rules':
      return stateWish(wisher, 'm.room.join_rules', '', { join_rule: random.pick(['public', 'invite']) });
    case 'merge':
      return merge(wisher);
    case 'message':
    case 'reply':
    case 'redact':
    case 'topic':
    case 'pins':
      return conversation(kind, wisher);
    case 'tries': {
      const wish = random.pick(RECIPES)({ ...wisher, target });
      // A room that is not there yet nobody but a hostile server makes on purpose.
      return wish !== undefined && [world.mainRoom, ...world.channels].includes(wish.roomId) ? wish : undefined;
    }
    case 'levels':
      return world.shape.kind === 'plain' ? levels(wisher, target) : undefined;
    default:
      return world.shape.kind === 'plain' ? undefined : ofGuild(kind, wisher, target);
  }
}

function merge(wisher: Wisher): Wish | undefined {
  const { world, random, who, signers } = wisher;
  const roomId = random.chance(0.5) ? someChannel(wisher) : world.mainRoom;
  return roomId === undefined ? undefined : { roomId, draft: { type: 'm.room.merge', sender: `@:${serverOf(who)}`, content: {} }, signers };
}

function ofGuild(kind: ActKind, wisher: Wisher, target: string): Wish | undefined {
  const { world, random } = wisher;
  switch (kind) {
    case 'grant':
      return grant(wisher, target);
    case 'authority':
      return authority(wisher);
    case 'overwrites':
      return overwrites(wisher, target);
    case 'list':
      return listing(wisher);
    case 'role':
      return stateWish(wisher, 'm.guild.role', random.pick(['low', 'mod', 'admin', 'extra', 'nobody']), { name: `r${random.int(9)}` });
    case 'meta':
      return stateWish(wisher, 'm.guild.meta', '', { name: `g${random.int(99)}` });
    case 'successor':
      return stateWish(wisher, 'm.guild.successor', '', { guild: world.mainRoom });
    default:
      return undefined;
  }
}
