// Loaded before everything else by `node --import`: changes one file of the compiled engine as OPENGUILD_CANARY (JSON of a Canary) says.
import { registerHooks } from 'node:module';
import { type Canary, changedBy, NO_SUCH_LINE } from './canary.ts';

const canary = JSON.parse(process.env['OPENGUILD_CANARY'] ?? 'null') as Canary | null;
if (canary !== null)
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.endsWith(canary.file)) return loaded;
      const source = Buffer.from(loaded.source as Uint8Array).toString('utf8');
      const changed = changedBy(canary, source);
      if (changed !== undefined) return { ...loaded, source: changed };
      process.stderr.write(`${canary.name}: ${canary.file} does not have this, or not exactly once: ${canary.find}\n`);
      process.exit(NO_SUCH_LINE);
    },
  });
