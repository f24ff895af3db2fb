/** Completion for bash, and for zsh by its emulation of bash's: one function, in which every command has its
 *  words. */
import { shellQuoted } from '../../../activities/config/shell-quoted.ts';
import type { DescribedCommand, Words } from './describe-commands.ts';

export interface Vocabulary {
  /** Paths of the configuration, by experiment. */
  readonly settings: ReadonlyMap<string, readonly string[]>;
  /** Folder of the runs where no --out says otherwise. */
  readonly out: string;
}

/** Experiments with the same paths, together; under no name those of all. */
export function settingsBy({
  settings,
}: Vocabulary): { readonly experiments: readonly string[]; readonly paths: readonly string[] }[] {
  const shared = new Map<string, string[]>();
  for (const [experiment, paths] of settings)
    shared.set(paths.join(' '), [...(shared.get(paths.join(' ')) ?? []), experiment]);
  const each = [...shared].map(([paths, experiments]) => ({ experiments, paths: paths.split(' ') }));
  return [...each, { experiments: [], paths: [...new Set(each.flatMap(({ paths }) => paths))].sort() }];
}

export function bashScript(commands: readonly DescribedCommand[], vocabulary: Vocabulary): string {
  return `# Completion of counterflow for bash. Runs are looked up in the folder that --out names.
_counterflow_runs() {
  local folder
  for folder in "$1"/*/; do
    if [ -e "$folder$2" ] || [ -e "$folder$3" ]; then folder=\${folder%/}; printf '%s\\n' "\${folder##*/}"; fi
  done
}
_counterflow_settings() {
  case "$1" in
${settingsBy(vocabulary)
  .map(
    ({ experiments, paths }) =>
      `    ${experiments.map((name) => `'${name}'`).join('|') || '*'}) printf '%s ' ${paths.join(' ')};;`,
  )
  .join('\n')}
  esac
}
_counterflow() {
  local current previous word command='' experiment='' out=${shellQuoted(vocabulary.out)} position=0 skip='' index
  current="\${COMP_WORDS[COMP_CWORD]}"
  previous="\${COMP_WORDS[COMP_CWORD-1]}"
  for (( index = 1; index < COMP_CWORD; index++ )); do
    word="\${COMP_WORDS[index]}"
    if [ -n "$skip" ]; then
      if [ "$skip" = --out ]; then out="$word"; fi
      if [ "\${COMP_WORDS[index+1]}" != = ] && [ "$word" != = ]; then skip=''; fi
    else
      case "$command:$word" in
${commands.flatMap(({ path, options }) => options.filter(({ value }) => value !== null).map(({ flags }) => `        ${flags.map((flag) => `'${path}:${flag}'`).join('|')}) skip=$word;;`)).join('\n')}
        *:-*) ;;
${commands
  .filter(({ path }) => path !== '')
  .map(({ path }) => `        ${caseOf(path)}) command='${path}';;`)
  .join('\n')}
        *) position=$(( position + 1 )); case "$word" in ${[...vocabulary.settings.keys()].map((name) => `'${name}'`).join('|')}) experiment="$word";; esac;;
      esac
    fi
  done
  COMPREPLY=()
  case "$command:$skip" in
${commands.flatMap(({ path, options }) => options.filter(({ value }) => value !== null).map(({ flags, value }) => `    ${flags.map((flag) => `'${path}:${flag}'`).join('|')}) ${reply(value!, vocabulary)}; return;;`)).join('\n')}
  esac
  case "$current" in
    -*) case "$command" in
${commands.map(({ path, options }) => `        '${path}') ` + `${reply({ kind: 'words', words: options.flatMap(({ flags }) => flags) }, vocabulary)};;`).join('\n')}
      esac; return;;
  esac
  case "$command:$position" in
${commands.flatMap(({ path, values, repeated }) => values.map((value, index) => `    '${path}':${repeated && index === values.length - 1 ? '*' : index}) ` + `${reply(value, vocabulary)};;`)).join('\n')}
  esac
}
complete -F _counterflow counterflow
`;
}

/** A word is a command only right behind the one it belongs to. */
function caseOf(path: string): string {
  const words = path.split(' ');
  return `'${words.slice(0, -1).join(' ')}:${words.at(-1)!}'`;
}

const matching = (words: string): string => `COMPREPLY=( $(compgen -W "${words}" -- "$current") )`;

const files = 'COMPREPLY=( $(compgen -f -- "$current") ); compopt -o filenames 2>/dev/null';

function reply(value: Words, { settings }: Vocabulary): string {
  switch (value.kind) {
    case 'words':
      return matching(value.words.join(' '));
    case 'experiment':
      // a path names a file with an experiment
      return `case "$current" in */*|.*) ${files};; *) ${matching([...settings.keys()].join(' '))};; esac`;
    case 'run':
      return matching('latest $(_counterflow_runs "$out" run.json request.json)');
    case 'sweep':
      return matching('$(_counterflow_runs "$out" sweep.json sweep.json)');
    // what follows the path is the value, behind no space
    case 'setting':
      return (
        'if [ "$previous" != = ] && [ "$current" != = ]; then '
        + `${matching('$(_counterflow_settings "$experiment")')}; COMPREPLY=( "\${COMPREPLY[@]/%/=}" ); `
        + 'compopt -o nospace 2>/dev/null; fi'
      );
    case 'file':
      return files;
    case 'folder':
      return 'COMPREPLY=( $(compgen -d -- "$current") ); compopt -o filenames 2>/dev/null';
    case 'anything':
      return ':';
  }
}
