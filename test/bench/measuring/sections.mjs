/** A report as a head and its sections, so that some can be written anew while the others stay. */

const TITLE = /^## (.+)$/m

/** Reads a report. Shape: `{ head, sections: [{ title, text }] }`, a text with its title. */
export function readReport(text) {
  const [head, ...rest] = text.split(/^(?=## )/m)
  const sections = rest.map((section) => {
    return { title: TITLE.exec(section)[1], text: section.trim() }
  })
  return { head: head.trim(), sections }
}

/** Puts the day, the commit and the machine under the title of a section. */
export function stamped(text, { day, commit }, machineWords) {
  return text
    .trim()
    .replace(
      TITLE,
      (title) => `${title}\n\nMeasured on ${day} at commit ${commit}: ${machineWords}.`,
    )
}

/** Writes sections over those of the same title; those that are new go behind the others. */
export function merged(report, fresh) {
  const { head, sections } = readReport(report)
  const texts = new Map(sections.map(({ title, text }) => [title, text]))
  for (const text of fresh) texts.set(TITLE.exec(text)[1], text)
  return [head, ...texts.values()].join('\n\n')
}
