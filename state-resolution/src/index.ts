export { Ancestry } from './ancestry.ts';
export { AuthGraph, type AuthVertex } from './auth-graph.ts';
export { compareUtf8 } from './byte-order.ts';
export { type ChannelCandidate, type ChannelJudge, type ChannelTrace, resolveChannelKey } from './resolve-channel-key.ts';
export { resolveHierarchical } from './resolve-hierarchical.ts';
export type { V2Switches } from './conflicted-set.ts';
export { rulesByEvent, type V2EventRules } from './rules-by-event.ts';
export { resolveV2, V2, V2_1 } from './resolve-v2.ts';
export type { StateSoFar, V2Input, V2KeyTrace, V2Rules, V2Standing, V2Step, V2Trace } from './v2-types.ts';
export type {
  CandidateTrace,
  EventTrace,
  Facet,
  Fault,
  HierarchicalInput,
  HierarchicalRules,
  KeyTrace,
  Node,
  Resolution,
  ResolutionTrace,
  VoidReason,
  WinBy,
} from './types.ts';
