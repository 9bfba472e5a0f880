import { serveThread } from '../series/runner.ts';
import { LocalMatrixRunner, type MatrixRunnerOptions } from './matrix-runner.ts';

serveThread((options: MatrixRunnerOptions, say) => new LocalMatrixRunner(options, say));
