/** Cron expressions that mean to Temporal's server what they mean in a crontab. What would mean something
 *  else is refused, with what to write. */
import { InvalidArgumentError } from 'commander';

const shorthands = ['@hourly', '@daily', '@midnight', '@weekly', '@monthly', '@yearly', '@annually'];
const fields = ['minute', 'hour', 'day of the month', 'month', 'day of the week'] as const;

/** One more of them, as commander collects options. What is out of a field's range the server refuses. Throws
 *  InvalidArgumentError. */
export function collectCron(expression: string, earlier: readonly string[] = []): readonly string[] {
  const text = expression.trim();
  if (!shorthands.includes(text.toLowerCase())) checkFields(text);
  return [...earlier, text];
}

function checkFields(text: string): void {
  if (text.includes('#'))
    throw refused(
      'what follows a # is a comment to the server, so that 1#2 is each Monday and not the second; '
        + `got ${JSON.stringify(text)}. Leave it out.`,
    );
  if (/^@every\b/i.test(text))
    throw refused(`intervals are given as --every 6h, got ${JSON.stringify(text)}.`);
  if (text.startsWith('@'))
    throw refused(`shorthands are ${shorthands.join(', ')}; got ${JSON.stringify(text)}.`);
  if (/^(CRON_)?TZ=/i.test(text))
    throw refused(`its time zone is given as --time-zone, got ${JSON.stringify(text)}.`);
  const values = text.split(/\s+/);
  if (values.length !== fields.length)
    throw refused(
      `got ${values.length}: `
        + `${JSON.stringify(text)}.${values.length > fields.length ? ' There are no seconds before them and no year behind them.' : ''}`,
    );
  values.forEach((value, i) => checkField(fields[i]!, value));
  checkDays(values[2]!, values[4]!);
}

/** Lists of values, ranges and steps: not what only other tools know, such as L, W and ?. */
function checkField(field: string, value: string): void {
  for (const part of value.split(',')) {
    const [, range, start, step] = /^(\*|(\w+)(?:-\w+)?)(?:\/(\d+))?$/.exec(part) ?? [];
    if (range === undefined)
      throw refused(
        `the ${field} is *, a value, a range or a list of these, with a step such as */2 behind * or `
          + `a range; got ${JSON.stringify(value)}.`,
      );
    // to some tools it is one value, to the server it goes on to the field's end
    if (step !== undefined && range === start)
      throw refused(
        'a step stands behind * or a range, as in 5-59/15, for behind one value it is read in two '
          + `ways; got ${JSON.stringify(value)} as the ${field}.`,
      );
  }
}

/** As in cron, a field that begins with * does not restrict. */
function checkDays(dayOfMonth: string, dayOfWeek: string): void {
  if (dayOfMonth.startsWith('*') || dayOfWeek.startsWith('*')) return;
  throw refused(
    'the server wants both days to match, where a crontab wants one of them; '
      + `got ${dayOfMonth} as the day of the month and ${dayOfWeek} as that of the week. Give two, `
      + `--cron '... ${dayOfMonth} * *' and --cron '... * * ${dayOfWeek}', to fire on either.`,
  );
}

const refused = (rule: string): InvalidArgumentError =>
  new InvalidArgumentError(`Expected five fields as in a crontab, ${fields.join(', ')}: ${rule}`);

export const cronHelp = `--cron takes five fields as a crontab does (minute, hour, day of the month, month, day of the week), or ${shorthands.join(', ')}.
An expression that would mean something else than in a crontab is refused: both days restricted, six fields, a # with what follows.
Where a time zone puts its clock forward, what is due in the hour that is left out does not fire that day. Where it puts it back, what is due
in the hour that comes twice fires once or twice, as the zone has it: at 02:30 in Europe/Berlin once, at 01:30 in America/New_York twice; hourly
expressions miss one hour in Berlin and none in New York. --time-zone UTC and --every know no such hours.`;
