import type { EventDraft } from '@openguild/core';
import type { ActKind } from '../shape.ts';
import { someChannel, type Wish, type Wisher } from './state-now.ts';

/** What people do in channels, and in plain rooms. */
export function conversation(kind: ActKind, wisher: Wisher): Wish | undefined {
  const { world, random, who: sender, signers } = wisher;
  const roomId = someChannel(wisher);
  if (roomId === undefined) return undefined;
  const wish = (draft: EventDraft): Wish => ({ roomId, draft, signers });
  const plain = world.shape.kind === 'plain';
  const text = `${kind} ${random.int(1_000_000)}`;
  if (kind === 'topic')
    return wish({
      type: plain ? 'm.room.topic' : random.pick(['m.channel.topic', 'm.channel.name']),
      sender,
      state_key: '',
      content: { topic: text, name: text },
    });
  if (kind === 'pins')
    return wish({
      type: plain ? 'm.room.pinned' : 'm.channel.pins',
      sender,
      state_key: plain && random.chance(0.3) ? random.pick([sender, '@x:y.example']) : '',
      content: { pinned: [text] },
    });
  if (kind === 'redact')
    return wish({
      type: 'm.room.redaction',
      sender,
      content: { redacts: [...world.ledger.events.keys()].at(-1) ?? '$none', reason: text },
    });
  return wish({ type: kind === 'reply' ? 'm.reaction' : 'm.room.message', sender, content: { body: text } });
}
