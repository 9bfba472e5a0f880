import { conflictOf, drawConflict, reportText } from '@openguild/core';
import type { ExportVerifier, VerifyReport } from '@openguild/core';
import { verifyStream } from './verify-stream.ts';

/** Void events that are drawn. */
const DRAWN = 5;

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

const drop = element('drop');
const result = element('result');
/** The file chosen last: what an earlier one still computes is not shown. */
let current = 0;

async function verify(file: File): Promise<void> {
  const mine = ++current;
  element('details').hidden = true;
  show('', `Verifying ${file.name} …`);
  try {
    const { report, verifier } = await verifyStream(file.stream(), (lines) => {
      if (mine === current) show('', `Verifying ${file.name}: ${lines} lines …`);
      return mine === current;
    });
    if (mine === current) showReport(report, verifier);
  } catch (error) {
    if (mine === current) show('bad', `${file.name} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function show(kind: '' | 'good' | 'bad', text: string): void {
  result.className = kind;
  result.textContent = text;
}

function showReport(report: VerifyReport, verifier: ExportVerifier): void {
  const { verified, fault_count, equivocation_count } = report;
  const also = equivocation_count === 0 ? '' : `, ${equivocation_count} proven equivocations`;
  show(
    verified ? 'good' : 'bad',
    verified ? `Verified${also}` : `Not verified: ${fault_count} ${fault_count === 1 ? 'fault' : 'faults'}${also}`,
  );
  element('report').textContent = reportText(report, { everyEvent: report.events.length <= 1_000 });
  element('drawings').replaceChildren(...drawings(report, verifier));
  element('details').hidden = false;
}

/** Why events have no effect, as images: what strangers wrote in them can run nothing. */
function drawings(report: VerifyReport, { rooms }: ExportVerifier): HTMLElement[] {
  const lost = report.rooms.flatMap(({ room_id, void: ids }) => ids.map((id) => [room_id, id] as const)).slice(0, DRAWN);
  const images = lost.map(([roomId, id]) => {
    const conflict = rooms.ask(roomId, (room) => conflictOf(room, id));
    const image = document.createElement('img');
    image.alt = `why ${id} has no effect`;
    image.src = `data:image/svg+xml,${encodeURIComponent(drawConflict(conflict).svg)}`;
    return image;
  });
  if (images.length === 0) return [];
  const heading = document.createElement('h2');
  heading.textContent = 'Without effect, and why';
  return [heading, ...images];
}

element('file').addEventListener('change', (event) => {
  const [file] = (event.target as HTMLInputElement).files ?? [];
  if (file !== undefined) void verify(file);
});
for (const type of ['dragenter', 'dragover', 'dragleave', 'drop'] as const) {
  document.addEventListener(type, (event) => {
    event.preventDefault();
    drop.classList.toggle('over', type === 'dragenter' || type === 'dragover');
    const file = type === 'drop' ? event.dataTransfer?.files[0] : undefined;
    if (file !== undefined) void verify(file);
  });
}
