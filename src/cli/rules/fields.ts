/** `picket rules fields`: what rules may ask for, and when it is known. */
import { CATEGORIES, type Field } from '../../detect/index.ts'
import type { CommandContext } from '../context.ts'
import { EXIT, printJsonLines } from '../print/output.ts'
import { printTable, type Column } from '../print/table.ts'

interface Row {
  readonly category: string
  readonly field: string
  readonly type: string
  /** `at once`, `at the end`, or the message. */
  readonly known: string
  /** It can be backtested. */
  readonly isLogged: boolean
  readonly alsoCalled: string
  readonly note: string
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'category', text: ({ category }) => category },
  { title: 'field', text: ({ field }) => field },
  { title: 'type', text: ({ type }) => type },
  { title: 'known', text: ({ known }) => known },
  { title: 'logged', text: ({ isLogged }) => (isLogged ? 'yes' : 'no') },
  { title: 'also called', text: ({ alsoCalled }) => alsoCalled },
  { title: 'what it is', text: ({ note }) => note, mayWrap: true },
]

/** Prints every field that a rule may ask for; those that all categories have come first, once. */
export function listFields({ terminal, json }: CommandContext): number {
  const [connections, ...others] = CATEGORIES
  const shared = connections!.fields
  const rows = [
    ...shared.map((field) => rowOf('(every)', field)),
    ...others.flatMap(({ name, fields }) =>
      fields.filter((field) => !shared.includes(field)).map((field) => rowOf(name, field)),
    ),
  ]
  if (json) printJsonLines(rows, terminal)
  else printTable(terminal, COLUMNS, rows)
  return EXIT.ok
}

function rowOf(category: string, field: Field): Row {
  const { names, type, moments, isInSum, note } = field
  const [name, ...others] = names
  return {
    category,
    field: name!,
    type,
    known: moments.map(momentWords).join(', '),
    isLogged: isInSum,
    alsoCalled: others.join(', '),
    note,
  }
}

function momentWords(moment: string): string {
  if (moment === 'flow') return 'at once'
  return moment === 'end' ? 'at the end' : moment
}
