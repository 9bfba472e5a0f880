/** Stories to begin with. */
export const EXAMPLES: readonly { readonly name: string; readonly text: string }[] = [
  {
    name: 'Ban against power change',
    text: `title Ban against power change
room guild

# mod bans max while olga, who ranks higher,
# takes the power to ban from role mod.
base -- ban
base -- strip

ban:   mod bans max
strip: olga roles mod=50
`,
  },
  {
    name: 'Two admins demote each other',
    text: `title Two admins demote each other
room guild

# Equal ranks cannot act on each other:
# both are rejected. The owner can.
base -- d1
base -- d2
base -- d3

d1: adam grants bea none
d2: bea grants adam none
d3: olga grants adam none
`,
  },
  {
    name: 'A banned moderator’s parting shot',
    text: `title A banned moderator's parting shot
room guild

# moss is banned. What he does meanwhile,
# backdated or not, comes to nothing.
base -- ban -- calm
base -- kick -- grant

ban:            adam bans moss
calm:           adam grants max low
kick (at 50):   moss kicks max
grant (at 51):  moss grants sam low
`,
  },
  {
    name: 'Widen and assign',
    text: `title Widen and assign
room guild

# mod may give role low; meanwhile olga gives low
# a bit that mod lacks. His grant is void.
base -- widen -- both
base -- assign -- both

widen:  olga roles low=10:ADMINISTRATOR
assign: mod grants max low
both:   olga merges
`,
  },
  {
    name: 'State reset: v2 has it',
    text: `title State reset: version 11 throws max out
room matrix 11

# The room was public when max joined, and is not
# any more. mod kicks max while he is demoted, so
# the kick is refused. Resolution v2 then judges the
# old join by the new join rule, refuses it as well,
# and max is gone. Now choose "matrix 12" above.
base -- close
close -- kick -- both
close -- demote -- both

close:  olga closes
kick:   mod kicks max
demote: olga power mod=0
both:   olga says hello
`,
  },
  {
    name: 'State reset: v2.1 has not',
    text: `title State reset: version 12 keeps max
room matrix 12

# The same as in version 11. Resolution v2.1 begins
# with no state at all, so the old join is judged by
# what it cites, and stands.
base -- close
close -- kick -- both
close -- demote -- both

close:  olga closes
kick:   mod kicks max
demote: olga power mod=0
both:   olga says hello
`,
  },
  {
    name: 'A ban, and what the banned does meanwhile',
    text: `title A ban in version 12, and what the banned does meanwhile
room matrix 12

# mod backdates what he does. That does not help:
# more powerful senders come first, time after that.
base -- ban -- both
base -- close -- both

ban:          adam bans mod
close (at 5): mod closes
both:         olga says hello
`,
  },
  {
    name: 'A direct message of two',
    text: `title Power levels in a plain room
room plain

base -- up -- both
base -- down -- both

up:   olga power mod=90
down: adam power mod=0
both: olga merges
`,
  },
];
