/** Completion for fish: a rule for every command, option and value. */
import { settingsBy, type Vocabulary } from './bash-script.ts';
import type { DescribedCommand, Words } from './describe-commands.ts';

export function fishScript(commands: readonly DescribedCommand[], vocabulary: Vocabulary): string {
  return `# Completion of counterflow for fish. Runs are looked up in the folder that --out names.
function __counterflow_runs
    set -l out ${quoted(vocabulary.out)}
    set -l words (commandline -opc)
    for index in (seq (count $words))
        if test "$words[$index]" = --out; and set -q words[(math $index + 1)]
            set out $words[(math $index + 1)]
        end
    end
    for folder in $out/*/
        for name in $argv
            if test -e $folder$name
                basename $folder
                break
            end
        end
    end
end
function __counterflow_settings
    for word in (commandline -opc)
        switch $word
${settingsBy(vocabulary)
  .filter(({ experiments }) => experiments.length > 0)
  .map(
    ({ experiments, paths }) =>
      `            case ${experiments.join(' ')}\n                string join \\n `
      + `${paths.map((path) => `${path}=`).join(' ')}\n                return`,
  )
  .join('\n')}
        end
    end
    string join \\n ${settingsBy(vocabulary)
      .at(-1)!
      .paths.map((path) => `${path}=`)
      .join(' ')}
end
function __counterflow_at
    set -l words (commandline -opc) (commandline -ct)
    set -e words[1]
    set -l wanted (string split ' ' -- $argv[1])
    test -z "$argv[1]"; and set wanted
    test (count $words) -gt (count $wanted); or return 1
    for index in (seq (count $wanted))
        test "$words[$index]" = "$wanted[$index]"; or return 1
    end
    test -z "$argv[2]"; or test (count $words) -eq (math (count $wanted) + 1)
end
complete -c counterflow -f
${commands.flatMap((command) => linesOf(command, commands, vocabulary)).join('\n')}
`;
}

function linesOf(
  { path, options, values }: DescribedCommand,
  commands: readonly DescribedCommand[],
  vocabulary: Vocabulary,
): string[] {
  const at = `-n ${quoted(`__counterflow_at ${quoted(path)}${path === '' ? ' only' : ''}`)}`;
  return [
    ...options.map(({ flags, description, value }) =>
      [
        `complete -c counterflow ${at}`,
        ...flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)),
        `-d ${quoted(description)}`,
        ...(value === null ? [] : ['-r', wordsOf(value, vocabulary)]),
      ]
        .filter((part) => part !== '')
        .join(' '),
    ),
    ...values.flatMap((value) =>
      value.kind === 'words' && commands.some((one) => one.path === childOf(path, value.words[0]!))
        ? value.words.map(
            (word) =>
              `complete -c counterflow -n ${quoted(`__counterflow_at ${quoted(path)} only`)} -a `
              + `${word} -d `
              + `${quoted(commands.find((one) => one.path === childOf(path, word))!.description)}`,
          )
        : value.kind === 'anything'
          ? []
          : [`complete -c counterflow ${at} ${wordsOf(value, vocabulary)}`],
    ),
  ];
}

const childOf = (path: string, word: string): string => (path === '' ? word : `${path} ${word}`);

function wordsOf(value: Words, { settings }: Vocabulary): string {
  switch (value.kind) {
    case 'words':
      return `-a ${quoted(value.words.join(' '))}`;
    case 'experiment':
      // or a file with one
      return `-F -a ${quoted([...settings.keys()].join(' '))}`;
    case 'run':
      return `-a ${quoted('latest (__counterflow_runs run.json request.json)')}`;
    case 'sweep':
      return `-a ${quoted('(__counterflow_runs sweep.json)')}`;
    case 'setting':
      return `-a ${quoted('(__counterflow_settings)')}`;
    case 'file':
      return '-F';
    case 'folder':
      return `-a ${quoted('(__fish_complete_directories)')}`;
    case 'anything':
      return '';
  }
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
