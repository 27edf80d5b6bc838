/** The documents hang together: every link within the repository leads to a file that is there, and to a heading of it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { packagedFile } from '../src/core/files/package-root.ts'

const documents = [
  ...['README.md', 'CHANGELOG.md'],
  ...['deploy', 'test'].flatMap((folder) =>
    readdirSync(packagedFile(folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.md'))
      .map((path) => join(folder, path)),
  ),
]

test.each(documents)('%s has no link that leads nowhere', (document) => {
  const text = readFileSync(packagedFile(document), 'utf8')
  const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)]
  const broken = links.filter(([, path = '', heading]) => {
    const target = path === '' ? document : join(dirname(document), path)
    if (!existsSync(packagedFile(target))) return true
    return heading !== undefined && !headingsOf(target).includes(heading)
  })
  expect(broken.map(([link]) => link)).toEqual([])
})

/** As GitHub makes the anchors of headings. */
function headingsOf(document: string): string[] {
  const text = readFileSync(packagedFile(document), 'utf8')
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}
