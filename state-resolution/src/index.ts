export { Ancestry } from './ancestry.ts';
export { compareUtf8 } from './byte-order.ts';
export { type ChannelCandidate, type ChannelJudge, type ChannelTrace, resolveChannelKey } from './resolve-channel-key.ts';
export { resolveHierarchical } from './resolve-hierarchical.ts';
export type {
  CandidateTrace,
  EventTrace,
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
