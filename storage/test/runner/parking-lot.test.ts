import { expect } from 'chai';
import type { UnverifiedCopy } from '@openguild/core';
import { DEFAULT_RUNNER_LIMITS } from '@openguild/storage';
import { type ParkedCopy, ParkingLot } from '../../src/runner/parking-lot.ts';

const ROOM = '!room:a.example';
const parked = (event_id: string, missing: readonly string[], origin = 'a.example', room_id = ROOM): ParkedCopy => ({
  room_id,
  origin,
  copy: { event: { event_id, room_id }, signatures: [] } as unknown as UnverifiedCopy,
  missing: missing.map((id) => ({ room_id, event_id: id })),
});

describe('the parking lot', () => {
  const limits = { ...DEFAULT_RUNNER_LIMITS, parkedPerOrigin: 5, parkedPerRoom: 12, parkedTotal: 20 };
  let lot: ParkingLot;
  beforeEach(() => {
    lot = new ParkingLot(limits);
  });
  /** Which of these are there. */
  const present = (...ids: string[]): string[] =>
    ids.filter((id) => !lot.chainsOf([{ room_id: ROOM, event_id: id }]).ends.some((end) => end.event_id === id));

  it('frees what waited for an event, once', () => {
    for (const one of [parked('$b', ['$a']), parked('$c', ['$a', '$x']), parked('$d', ['$x'])]) lot.park(one);
    expect(lot.arrived('$a').map((one) => one.copy.event.event_id)).to.deep.equal(['$b', '$c']);
    expect(lot.arrived('$a')).to.deep.equal([]);
    expect(lot.arrived('$x').map((one) => one.copy.event.event_id)).to.deep.equal(['$d']);
    expect(lot.size).to.equal(0);
  });

  it('follows chains to what nobody has', () => {
    for (const one of [parked('$d', ['$c']), parked('$c', ['$b', '$y']), parked('$b', ['$a'])]) lot.park(one);
    const { copies, ends } = lot.chainsOf([{ room_id: ROOM, event_id: '$d' }]);
    expect(copies.map((copy) => copy.event.event_id)).to.have.members(['$b', '$c', '$d']);
    expect(ends.map((end) => end.event_id)).to.have.members(['$a', '$y']);
  });

  it('drops the oldest of an origin that brings too many, and of nobody else', () => {
    lot.park(parked('$other', ['$x'], 'b.example'));
    for (let i = 0; i < 8; i++) lot.park(parked(`$${i}`, ['$x']));
    expect(lot.size).to.equal(6);
    expect(present('$other', '$0', '$2', '$3', '$7')).to.deep.equal(['$other', '$3', '$7']);
  });

  it('drops from the origin that holds most when the room is full', () => {
    for (const [origin, count] of [
      ['a', 5],
      ['b', 4],
      ['c', 3],
    ] as const)
      for (let i = 0; i < count; i++) lot.park(parked(`$${origin}${i}`, ['$x'], origin));
    lot.park(parked('$new', ['$x'], 'd'));
    expect(lot.size).to.equal(12);
    expect(present('$a0', '$a1', '$b0', '$c0', '$new')).to.deep.equal(['$a1', '$b0', '$c0', '$new']);
  });

  it('counts each event once, and keeps rooms apart up to a total', () => {
    for (let i = 0; i < 3; i++) lot.park(parked('$same', [`$x${i}`]));
    expect(lot.size).to.equal(1);
    expect(lot.arrived('$x0')).to.deep.equal([]);
    for (let room = 0; room < 10; room++)
      for (let i = 0; i < 5; i++) lot.park(parked(`$${room}-${i}`, ['$x'], 'a.example', `!${room}:a.example`));
    expect(lot.size).to.equal(20);
    expect(present('$same')).to.deep.equal([]);
    expect(lot.arrived('$x')).to.have.length(20);
    expect(lot.size).to.equal(0);
  });
});
