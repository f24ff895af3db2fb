/** The thread that hashes a checkpoint's file, so that the training can go on meanwhile. A new thread knows no TypeScript. */
import { parentPort, workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const { hashesOf } = await import('./hash-checkpoint.ts');
parentPort?.postMessage(await hashesOf(workerData));
