/** The documents that the package brings: what they tell people to look at is there, too. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { packagedFile } from '../../../src/core/files/package-root.ts'

const url = pathToFileURL(packagedFile('deploy/deb/tree.mjs')).href
const { shipped } = (await import(url)) as { readonly shipped: readonly string[] }

const isShipped = (path: string): boolean =>
  shipped.some((one) => path === one || path.startsWith(`${one}/`))
/** A folder with something of it shipped; a link to it leads to that. */
const holdsShipped = (path: string): boolean => shipped.some((one) => one.startsWith(`${path}/`))

const documents = shipped
  .flatMap((path) =>
    statSync(packagedFile(path)).isDirectory()
      ? readdirSync(packagedFile(path), { recursive: true, encoding: 'utf8' }).map((name) =>
          join(path, name),
        )
      : [path],
  )
  .filter((path) => path.endsWith('.md'))

test.each(documents)('%s links to nothing of deploy that is not shipped', (path) => {
  const links = readFileSync(packagedFile(path), 'utf8').matchAll(/\]\(([^)#\s]+)/g)
  const targets = [...links].map(([, link = '']) => link).filter((link) => !link.includes(':'))
  const missing = targets
    .map((link) => join(dirname(path), link))
    .filter((target) => target.startsWith('deploy/') && !isShipped(target) && !holdsShipped(target))
  expect(missing).toEqual([])
})
