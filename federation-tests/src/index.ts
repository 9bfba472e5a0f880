export { Cluster, ClusterHost, eventually } from './cluster.ts';
export { deliver } from './deliver.ts';
export { type Act, GuildWorld, OWNER, SERVERS, USERS } from './guild-world.ts';
export { type Json, Person, UnexpectedAnswerError } from './person.ts';
export { keyOf, MissingEventsError, Replica } from './replica.ts';
export { type AnyHistory, readHistories } from './vectors/read-histories.ts';
export { runVectors, type VectorCount, type VectorOptions } from './vectors/run-vectors.ts';
