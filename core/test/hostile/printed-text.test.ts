import { expect } from 'chai';
import type { RoomEvent } from '../../src/event/types.ts';
import { explainText } from '../../src/room/explain-text.ts';
import type { Room } from '../../src/room/room.ts';
import { portableVerifier } from '../../src/verify/portable-verifier.ts';
import { reportText } from '../../src/verify/report-text.ts';
import { verifyExport } from '../../src/verify/verify-export.ts';
import { MatrixWorld } from '../verify/matrix-world.ts';

const ANNA = '@anna:a.example';
/** What moves the cursor of a terminal, begins a line, or turns the direction of writing. */
const MOVES = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

describe('what strangers wrote, in texts for people', () => {
  const world = new MatrixWorld('11');
  const [create, anna] = world.events as [RoomEvent, RoomEvent];
  const event = world.put(ANNA, 'm.x\u001b[2J\r\n\u0000Accepted.', { body: 'x' }, '\u202egnp.exe\u2028\u0085', [create, anna]);

  it('moves no cursor and begins no line: an explanation', () => {
    const text = explainText(world.rooms.ask(world.roomId, (room: Room) => room.explain(event.event_id)));
    expect(text).to.not.match(MOVES);
    expect(text.split('\n')[0]).to.include('m.x\\u001b[2J\\u000d\\u000a\\u0000Accepted. [\\u202egnp.exe\\u2028\\u0085]');
  });

  it('the same of a report on an export', () => {
    const lines = world.exported().map((line) => new TextEncoder().encode(line));
    const text = reportText(verifyExport(lines, portableVerifier()), { everyEvent: true });
    expect(text).to.include('m.x\\u001b[2J').and.to.not.match(MOVES);
  });
});
