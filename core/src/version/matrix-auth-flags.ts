/**
 * Where the authorisation rules of the Matrix room versions differ. Named for what they do: no rule asks for a version.
 *
 * Rule numbers are those of the specification's "Authorization rules" in the version named. What no flag mentions is the same in all of 3 to 12.
 */
export interface MatrixAuthFlags {
  /**
   * 3 to 5, rule 4: "If type is `m.room.aliases`: If event has no `state_key`, reject. If sender's domain doesn't matches `state_key`,
   * reject. Otherwise, allow." Version 6: "Rule 4, which related specifically to events of type `m.room.aliases`, is removed."
   */
  readonly aliasesOfServers: boolean;
  /** 6 and later: "the authorization rules for events of type `m.room.power_levels` now include a `notifications` property under `content`." */
  readonly notificationLevels: boolean;
  /** 7 and later: "For checks performed upon `m.room.member` events, a new point for `membership=knock` is added." Join rule `knock` with it. */
  readonly knocking: boolean;
  /** 8 and later: "new points for handling `content.join_authorised_via_users_server` are added (Rule 4.2 and 4.3.5)." Join rule `restricted`. */
  readonly restrictedJoins: boolean;
  /** 10 and later: "a new `knock_restricted` join rule as a mix of the two behaviours". */
  readonly knockRestricted: boolean;
  /**
   * 10 and later, rules 9.1 to 9.3: power levels that are "present and not an integer, reject". Before, strings that hold an integer count
   * ("`m.room.power_levels` events accept values as strings").
   */
  readonly integerPowerLevels: boolean;
  /**
   * 3 to 5: "Note that, since this room version does not enforce that events comply with the requirements of Canonical JSON, power levels can
   * be formatted as floats"; "the value is truncated at the decimal point". Elsewhere no event with such a number gets this far.
   */
  readonly fractionalPowerLevels: boolean;
  /**
   * Who made the room. `content`, 3 to 10: rule 1.4 "If `content` has no `creator` property, reject", and that user is the creator.
   * `sender`, 11 and later: "The `content` of a `m.room.create` event no longer has a `creator` property, which previously was always equivalent
   * to the `sender` of the event."
   */
  readonly creator: 'content' | 'sender';
  /**
   * 12: "Room creators have infinitely high power level and cannot be specified in the `m.room.power_levels` event" (rule 10.4), creators being
   * the sender of the create event "plus any `additional_creators`" (checked by rule 1.4).
   */
  readonly privilegedCreators: boolean;
  /**
   * `create-event`, 3 to 11: rule 2.4 "If there is no `m.room.create` event among the entries, reject", and rule 1.2 "If the domain of the
   * `room_id` does not match the domain of the `sender`, reject". `room-id`, 12: "The `m.room.create` event MUST NOT be selected for
   * `auth_events` on events. The `room_id` (being the `m.room.create` event's ID) implies this instead", rule 1.2 "If the event has a `room_id`,
   * reject" and rule 2 "If the event's `room_id` is not an event ID for an accepted (not rejected) `m.room.create` event, with the sigil `!`
   * instead of `$`, reject."
   */
  readonly roomNamedBy: 'create-event' | 'room-id';
}
