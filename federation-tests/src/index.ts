export { deliver } from './deliver.ts';
export { type Act, GuildWorld, OWNER, SERVERS, USERS } from './guild-world.ts';
export { keyOf, MissingEventsError, Replica } from './replica.ts';
