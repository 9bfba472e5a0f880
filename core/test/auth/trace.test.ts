import { expect } from 'chai';
import type { AuthTrace } from '../../src/auth/case.ts';
import { RULES } from '../../src/auth/rule-ids.ts';
import { grant, guild, membership } from './small-room.ts';

describe('the trace of a verdict', () => {
  it('asks and answers in words, and names what was read', () => {
    const trace: AuthTrace = [];
    expect(guild.judge(membership('mod', 'sam', 'leave'), {}, trace)).to.equal('ok');
    expect(trace.map(({ rule, question, answer }) => `${rule} ${question} ${answer}`)).to.deep.equal([
      'AUTH-1.1 has the room been created? yes: $create',
      `AUTH-1.4 is ${trace[1]?.question.split(' ')[1]} listed for a.example? ${trace[1]?.answer}`,
      'AUTH-1.5 may a person send m.room.member? yes: m.room.member is sent by persons only',
      'AUTH-1.6 does a guild take m.room.member as state? yes: a guild takes merges and the state that decides who may do what',
      'AUTH-3.12 does m.room.member take this state key? yes: "@sam:a.example"',
      'AUTH-6.8 is there anything to remove @sam:a.example from? yes: join',
      'AUTH-6.7 is @mod:a.example a member? yes: join',
      'AUTH-6.9 does @mod:a.example hold KICK_MEMBERS? yes: everyone (everyone) gives CREATE_INVITE, VIEW_CHANNEL, SEND_MESSAGES; role (mod) gives KICK_MEMBERS, BAN_MEMBERS, MANAGE_MESSAGES, MANAGE_ROLES, ADMIT_SERVERS',
      'AUTH-6.11 does @mod:a.example rank above @sam:a.example? yes: 50 against 0',
      'AUTH-6.12 does the event name the ban in force, and none if there is none? yes: no ban in force',
    ]);
    const reads = trace.flatMap((step) => step.reads);
    expect(reads).to.include.members(['$join sam', '$join mod', '$m.guild.authority ', '$m.guild.member_roles @mod:a.example']);
    expect(new Set(reads).size).to.equal(reads.length);
  });

  it('ends with the rule that was broken, whose words are the fault’s', () => {
    const trace: AuthTrace = [];
    expect(guild.judge(membership('sam', 'mod', 'ban'), {}, trace)).to.equal(RULES.BIT_BAN);
    const last = trace.at(-1);
    expect(last?.rule).to.equal(RULES.BIT_BAN);
    expect(`${last?.question} ${last?.answer}`).to.equal(
      'does @sam:a.example hold BAN_MEMBERS? no: everyone (everyone) gives CREATE_INVITE, VIEW_CHANNEL, SEND_MESSAGES',
    );
  });

  it('tells of malformed content too', () => {
    const trace: AuthTrace = [];
    expect(guild.judge({ ...grant('sam', []), content: { stay: 1, roles: [] } }, {}, trace)).to.equal(RULES.GRANT_SHAPE);
    expect(trace.at(-1)?.answer).to.equal('no: stay must be an event ID');
  });
});
