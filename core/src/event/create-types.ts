/** EV-7: the types that create a room. Such an event carries no `room_id`: the room's ID follows from it. */
export const CREATE_EVENT_TYPES: ReadonlySet<string> = new Set(['m.guild.create', 'm.channel.create', 'm.room.create']);

/** The one create event that belongs to a guild's frontier. */
export const CHANNEL_CREATE_TYPE = 'm.channel.create';

/** The one type that creates a room in Matrix versions. */
export const MATRIX_CREATE_TYPE = 'm.room.create';
