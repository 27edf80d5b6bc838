/** The manual pages and the shell's completion, written from the command line's own description of itself. */
import { Help } from 'commander'
import { buildProgram } from '../../dist/cli/program.js'

const silent = { write: () => undefined, writeError: () => undefined, columns: 80 }

function commandLine() {
  return buildProgram({ terminal: silent, environment: {} }, () => undefined)
}

const isShown = (command) => !command._hidden && command.name() !== 'help'
const escaped = (text) =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1')

/** `picket(1)`: every command with its arguments and options (groff, man(7)). */
export function manualPage(version) {
  const program = commandLine()
  return [
    `.TH PICKET 1 "" "Picket ${version}" "Picket"`,
    '.SH NAME',
    `picket \\- the per\\-host security agent`,
    '.SH SYNOPSIS',
    '.B picket',
    '[\\fIoptions\\fR] [\\fIcommand\\fR]',
    '.SH DESCRIPTION',
    escaped(program.description()),
    '.SH OPTIONS',
    ...program.options.flatMap((option) => optionEntry(option, program.createHelp())),
    '.SH COMMANDS',
    ...program.commands.filter(isShown).flatMap((command) => commandEntry(command, 'picket')),
    '.SH EXIT STATUS',
    '0 done, 1 failed, 2 wrong usage, 3 a capture is damaged or cannot be read.',
    '.SH FILES',
    ...file('/etc/picket/picket.yaml', 'the configuration'),
    ...file('/var/lib/picket', 'the log, the models, the socket of the API'),
    '.SH SEE ALSO',
    '.BR picket.yaml (5),',
    '.BR systemctl (1)',
    '',
  ].join('\n')
}

/** `picket.yaml(5)`: every key with its default. */
export function configurationPage(version, reference) {
  return [
    `.TH PICKET.YAML 5 "" "Picket ${version}" "Picket"`,
    '.SH NAME',
    'picket.yaml \\- the configuration of picket(1)',
    '.SH DESCRIPTION',
    'YAML; a key that is not there has the default that stands here.',
    '.PP',
    '.nf',
    escaped(reference.trimEnd()),
    '.fi',
    '.SH SEE ALSO',
    '.BR picket (1)',
    '',
  ].join('\n')
}

function commandEntry(command, parent) {
  const name = `${parent} ${command.name()}`
  const inner = command.commands.filter(isShown)
  const entries = inner.flatMap((one) => commandEntry(one, name))
  // A group may be a command itself: `picket events` lists, `picket events show` shows one.
  if (inner.length > 0 && !command._actionHandler) return entries
  const { registeredArguments: args, options } = command
  const given = args.map(argumentWord).join(' ')
  const told = [
    ...args.flatMap(argumentEntry),
    ...options.flatMap((option) => optionEntry(option, command.createHelp())),
  ]
  return [
    '.TP',
    `.B ${escaped(`${name} ${given}`.trim())}`,
    escaped(command.description()),
    ...(told.length > 0 ? ['.RS', ...told, '.RE'] : []),
    ...entries,
  ]
}

function argumentWord(argument) {
  const word = argument.name() + (argument.variadic ? '...' : '')
  return argument.required ? `<${word}>` : `[${word}]`
}

/** What `--help` says of an option: its choices and its default too, and whether it is required. */
function optionEntry(option, help) {
  return ['.TP', `.B ${escaped(option.flags)}`, escaped(help.optionDescription(option))]
}

function argumentEntry(argument) {
  return [
    '.TP',
    `.I ${escaped(argument.name())}`,
    escaped(new Help().argumentDescription(argument)),
  ]
}
const file = (path, words) => ['.TP', `.I ${escaped(path)}`, escaped(words)]

/** Bash completion: commands, their subcommands and their options; files where none of these fits. */
export function completion() {
  const program = commandLine()
  const cases = []
  const visit = (command, path) => {
    const inner = command.commands.filter(isShown)
    const words = [...inner.map((one) => one.name()), ...command.options.map(({ long }) => long)]
    cases.push(`    '${path}') words='${words.filter(Boolean).join(' ')}' ;;`)
    for (const one of inner) visit(one, `${path} ${one.name()}`.trim())
  }
  visit(program, '')
  return `# bash completion for picket
_picket() {
  local current=\${COMP_WORDS[COMP_CWORD]} path='' word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* ]] || path="\${path:+$path }$word"
  done
  case $path in
${cases.join('\n')}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words --config --data-dir --json --help" -- "$current")
}
complete -o default -F _picket picket
`
}
