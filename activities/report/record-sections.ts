/** The record itself: decisions, timings, configuration, provenance. Every value of it is printed, in full
 *  precision. */
import { collapsible, listing, type Blocks, type Cell } from './blocks.ts';
import type { ReportRecord } from './contract.ts';
import { earlyEnd } from './early-end.ts';
import { executionsLine } from './executions-line.ts';
import { flatten } from '../config/dotted.ts';
import { html, type Markup } from './html.ts';
import { count, durationInWords, moment, significant } from './number-format.ts';

export function decisionsTable(blocks: Blocks, { decisions = [] }: ReportRecord): Markup {
  if (decisions.length === 0)
    return html`<p>The pipeline took no decisions by itself: no rollback, no reuse, no resume.</p>`;
  return blocks.table(
    'decisions',
    html`What the pipeline decided by itself, in order.`,
    [{ header: 'Decision' }, { header: 'Training' }, { header: 'Reason and details' }, { header: 'Time' }],
    decisions.map(({ what, training, sentence, details, at }): Cell[] => [
      what,
      training ?? null,
      html`${sentence}${detailsLine(details)}`,
      at === undefined ? null : html`<time datetime="${at}">${moment(at)}</time>`,
    ]),
  );
}

function detailsLine(details: unknown): Markup | null {
  const rows = flatten(details ?? null).filter(([name]) => name !== '');
  return rows.length === 0
    ? null
    : html`<div class="details">${rows.map(([name, value], i) => html`${i > 0 && ', '}${name} <code>${shown(value)}</code>`)}</div>`;
}

/** Numbers without the digits that a sum of seconds ends with; the record has them all. */
const shown = (value: unknown): string =>
  typeof value === 'number' && !Number.isInteger(value)
    ? String(Number(value.toPrecision(9)))
    : String(value);

export function timingsTable(blocks: Blocks, record: ReportRecord): Markup {
  const { timings, steps = [] } = record;
  const rows = flatten(timings ?? null).filter(([name]) => name !== '');
  const perTraining = trainingsTable(blocks, record);
  const stages =
    rows.length === 0
      ? html`<p>No timings were recorded.</p>`
      : blocks.table(
          'timings',
          html`Wall-clock time by stage. Baselines may run beside the main line.`,
          [{ header: 'Stage' }, { header: 'Time', numeric: true }, { header: 'Seconds', numeric: true }],
          rows.map(([name, value]): Cell[] => [
            name.replace(/S$/, ''),
            typeof value === 'number' ? durationInWords(value) : String(value),
            shown(value),
          ]),
        );
  return html`${perTraining}${stages}${steps.length > 0 && collapsible(`Steps of the pipeline (${steps.length}), computed or reused`, stepsTable(blocks, steps))}`;
}

function trainingsTable(blocks: Blocks, record: ReportRecord): Markup | null {
  // The time of one that ended early went into all the updates it made, not into those of its result alone.
  const rows = Object.entries(record.trainings ?? {}).map(
    ([name, one]) => [name, { ...one, updates: earlyEnd(record, name)?.made ?? one.updates }] as const,
  );
  if (rows.length === 0) return null;
  return blocks.table(
    'trainings',
    html`Trainings: time spent in compute processes, with what it takes to open them and to keep checkpoints; updates per second of the updates alone.`,
    [
      { header: 'Training' },
      ...['Updates', 'Time', 'Updates per second', 'Rollbacks'].map((header) => ({ header, numeric: true })),
    ],
    rows.map(([name, { updates, seconds, updateSeconds = seconds, rollbacks }]): Cell[] => [
      html`<code>${name}</code>`,
      count(updates),
      durationInWords(seconds),
      updateSeconds > 0 ? significant(updates / updateSeconds) : null,
      String(rollbacks),
    ]),
  );
}

function stepsTable(blocks: Blocks, steps: NonNullable<ReportRecord['steps']>): Markup {
  return blocks.table(
    'steps',
    html`Why each step was computed, or taken from the store.`,
    [
      { header: 'Step' },
      { header: 'Result' },
      { header: 'Reason' },
      { header: 'Seconds', numeric: true },
      { header: 'Key' },
    ],
    steps.map(({ name, reused, reason, seconds, key }): Cell[] => [
      name,
      reused ? 'reused' : 'computed',
      reason,
      String(seconds),
      hash(key),
    ]),
  );
}

export function configurationSection(record: ReportRecord): Markup {
  const { config } = record;
  return html`${executionsLine(record)}<p>Every value the run was started with, defaults included; <code>--set name=value</code> changes one.</p>
${collapsible('Full resolved configuration', listing(printed(config), ['Name', 'Value']))}`;
}

export function provenanceSection(blocks: Blocks, record: ReportRecord): Markup {
  const {
    environment,
    dataset,
    initialFlow,
    experimentFile,
    weightsSha256,
    artifacts = [],
    results,
    trainings,
    executionProvider,
    startedAt,
    finishedAt,
  } = record;
  return html`${part('Final weights of the contrast, SHA-256', weightsSha256)}
${part('Software and hardware', { ...(environment as object | undefined), executionProvider: executionProvider ?? undefined })}
${part('Data', dataset)}${initialFlow && part('Initial flow, given as a file', initialFlow)}${experimentFile && part('Experiment, given as a file', experimentFile)}
${part('Time', { startedAt, finishedAt: finishedAt ?? undefined })}
${trainings !== undefined && collapsible('Trainings: hashes and last metrics', listing(printed(trainings), ['Name', 'Value']))}
${results !== undefined && collapsible('All results in full precision', listing(printed(results), ['Name', 'Value']))}
${
  artifacts.length > 0
  && collapsible(
    `Files (${artifacts.length})`,
    blocks.table(
      'files',
      html`Files of the run by content.`,
      [{ header: 'File' }, { header: 'SHA-256' }, { header: 'Bytes', numeric: true }],
      artifacts.map(({ name, sha256, bytes: size }): Cell[] => [name, hash(sha256), count(size)]),
    ),
  )
}`;
}

function part(title: string, value: unknown): Markup {
  const rows = printed(value);
  return html`<h3>${title}</h3>${rows.length === 0 ? html`<p>Not recorded.</p>` : listing(rows, ['Name', 'Value'])}`;
}

function printed(value: unknown): (readonly [string, Cell])[] {
  if (value === null || value === undefined) return [];
  return flatten(value).map(([name, inner]) => [name === '' ? 'value' : name, hash(String(inner))] as const);
}

function hash(text: string): Markup {
  return html`<code>${text}</code>`;
}
