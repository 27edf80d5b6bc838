/** What of YAML Elasticsearch's reader, SnakeYAML, takes otherwise than version 1.2 has it. */
import { isCollection, parseDocument, visit } from 'yaml'

/**
 * Lists the words that SnakeYAML ends too early: within `{}` and `[]` a plain one ends at a `?`, also in its midst,
 * so that `if: ctx.user?.name` has to be quoted there.
 *
 * Source: SnakeYAML's `ScannerImpl.scanPlain`, which holds to YAML 1.1.
 */
export function cutWords(text: string): readonly string[] {
  const words: string[] = []
  visit(parseDocument(text), {
    Scalar(_, { type, source = '' }, path) {
      const isInFlow = path.some((node) => isCollection(node) && node.flow === true)
      if (isInFlow && type === 'PLAIN' && source.includes('?')) words.push(source)
    },
  })
  return words
}
