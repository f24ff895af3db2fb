/** Exported histories: every entry of the index, derived again from the history it names. */
import { join } from 'node:path';
import type { Layout } from '../store/layout.ts';
import { indexText, type ExportedHistory } from '../store/history-index.ts';
import { compared, contentOf, textOf, type Finding } from './finding.ts';

const part = 'history';

export async function verifyHistories({ out }: Layout, id: string): Promise<Finding[]> {
  const file = `${id}/history/index.json`;
  const found = await contentOf(join(out, file), join(out, id));
  if (found === null) return [];
  const text = (await textOf(join(out, file), join(out, id))) ?? '';
  const index = readIndex(text);
  const about = { file, part, expected: null, found: found === 'no file' ? null : found };
  if (index === null)
    return [{ ...about, state: 'differs', note: 'it is not the index that a worker writes' }];
  const findings: Finding[] = [{ ...about, state: 'ok' }];
  for (const entry of index) findings.push(await verifyHistory(out, id, entry));
  return findings;
}

/** As it was written, to the byte. */
function readIndex(text: string): ExportedHistory[] | null {
  try {
    const index = JSON.parse(text) as ExportedHistory[];
    return Array.isArray(index)
      && indexText(index) === text
      && index.every((entry) => /^[\w.-]+$/.test(entry.file))
      ? index
      : null;
  } catch {
    return null;
  }
}

async function verifyHistory(
  out: string,
  id: string,
  { file, sha256, bytes, ...told }: ExportedHistory,
): Promise<Finding> {
  const place = {
    path: join(out, id, 'history', file),
    file: `${id}/history/${file}`,
    within: join(out, id),
  };
  const content = await contentOf(place.path, place.within);
  const found = content === 'no file' ? null : content;
  const finding =
    sha256 === undefined || bytes === undefined
      ? ({
          file: place.file,
          part,
          expected: null,
          found,
          state: content === null ? 'missing' : 'ok',
          note: 'its index has no hash of it, as in earlier versions',
        } as const)
      : await compared(place, part, { sha256, bytes });
  if (finding.state !== 'ok') return finding;
  const tells = toldBy((await textOf(place.path, place.within)) ?? '');
  if (
    tells !== null
    && Object.entries(tells).every(([name, value]) => told[name as keyof typeof told] === value)
  )
    return finding;
  return { ...finding, state: 'differs', note: 'it does not tell of the execution that its index names' };
}

/** How a history begins and ends; null: it is none. */
function toldBy(text: string): Pick<ExportedHistory, 'workflowId' | 'executionId' | 'status'> | null {
  try {
    const { events } = JSON.parse(text) as {
      events: {
        eventType: string;
        workflowExecutionStartedEventAttributes?: { workflowId: string; originalExecutionRunId: string };
      }[];
    };
    const { workflowId, originalExecutionRunId } = events[0]!.workflowExecutionStartedEventAttributes!;
    const status = events
      .at(-1)!
      .eventType.replace(/^EVENT_TYPE_WORKFLOW_EXECUTION_/, '')
      .replace('CANCELED', 'CANCELLED');
    return { workflowId, executionId: originalExecutionRunId, status };
  } catch {
    return null;
  }
}
