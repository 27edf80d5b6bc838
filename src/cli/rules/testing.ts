/** `picket rules test`: which rules fire on a capture. */
import { counted, plainlyCounted } from '../../core/text/amount.ts'
import { fixSeeds } from '../../core/hash-seeds.ts'
import { openPcapFile } from '../../capture/index.ts'
import { rfc3339FromUs } from '../../core/clock.ts'
import { ruleOfDetector } from '../../detect/detection.ts'
import { rulesOf, type Detection } from '../../detect/index.ts'
import { tryRules } from '../../sensor/trial/rules-on-capture.ts'
import type { CommandContext } from '../context.ts'
import { EXIT, printJsonLines } from '../print/output.ts'
import { printTable, type Column } from '../print/table.ts'
import { chosenRules, writeFaults } from './chosen.ts'

const COLUMNS: readonly Column<Detection>[] = [
  { title: 'rule', text: ({ detector }) => ruleOfDetector(detector)! },
  { title: 'sev', text: ({ severity }) => String(severity), align: 'right' },
  { title: 'times', text: ({ count }) => String(count), align: 'right' },
  { title: 'attacker', text: ({ attacker }) => attacker ?? '-' },
  { title: 'host', text: ({ host }) => host ?? '-' },
  { title: 'why', text: ({ summary }) => summary, mayWrap: true },
]

/** Exit: 2 where a rule is bad (the others are tried), 3 where the capture is damaged. */
export async function testRules(
  file: string,
  paths: readonly string[] | null,
  context: CommandContext,
): Promise<number> {
  const { config, terminal, json } = context
  const { texts, book, faults } = chosenRules(paths, context)
  writeFaults(faults, terminal)
  fixSeeds()
  const { sigma } = config.detect
  const detect = { ...config.detect, sigma: paths === null ? sigma : { ...sigma, disabled: [] } }
  const source = openPcapFile(file)
  const { end, stories: fired, hits } = await tryRules(texts, { flow: config.flow, detect }, source)
  if (json) printJsonLines(fired.map(storyLine), terminal)
  else printTable(terminal, COLUMNS, fired)
  const told = new Set(fired.map(({ detector }) => ruleOfDetector(detector)!))
  for (const [rule, times] of Object.entries(hits)) {
    if (!told.has(rule))
      terminal.writeError(`${rule} held ${counted(times, 'time')}, for correlations alone\n`)
  }
  const { frames } = source.statistics()
  terminal.writeError(
    `${plainlyCounted(frames, 'packet')}, ${plainlyCounted(rulesOf(book).length, 'rule')}, ${told.size} fired\n`,
  )
  if (end.kind !== 'complete') terminal.writeError('the capture was not read to its end\n')
  if (end.kind !== 'complete') return EXIT.damaged
  return faults.length > 0 ? EXIT.usage : EXIT.ok
}

function storyLine(story: Detection): Readonly<Record<string, unknown>> {
  const { detector, kind, severity, attacker, victims, host, domain, count, summary } = story
  const firstSeen = rfc3339FromUs(story.firstSeenUs)
  const lastSeen = rfc3339FromUs(story.lastSeenUs)
  const rule = ruleOfDetector(detector)!
  return {
    rule,
    kind,
    severity,
    attacker,
    victims,
    host,
    domain,
    count,
    firstSeen,
    lastSeen,
    summary,
  }
}
