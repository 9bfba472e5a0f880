/** Event types that Matrix's authorisation rules know. */
export const MATRIX_TYPES = {
  CREATE: 'm.room.create',
  MEMBER: 'm.room.member',
  JOIN_RULES: 'm.room.join_rules',
  POWER_LEVELS: 'm.room.power_levels',
  THIRD_PARTY_INVITE: 'm.room.third_party_invite',
  ALIASES: 'm.room.aliases',
} as const;
