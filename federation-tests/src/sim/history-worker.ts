import { serveThread } from '../series/runner.ts';
import { type HistoryRunnerOptions, LocalHistoryRunner } from './history-runner.ts';

serveThread((options: HistoryRunnerOptions, say) => new LocalHistoryRunner(options, say));
