/**
 * Home of the package `isolation-forest`: grows its trees on our samples and compiles them.
 *
 * Its own `fit` grows every tree on all rows (246 s and 1 GB at a million) and shrinks the scores as rows
 * grow, so only its `ITree` is used, on a seeded sample of 256 rows a tree (Liu et al. 2008).
 */
import { averagePathLength, ITree } from 'isolation-forest/dist/iTree.js'
import { compileForest, sumOfTrees, type FlatForest, type SourceNode } from './flat-forest.ts'
import { sampleIndices, seededRandom, type Random } from './random.ts'

/** Rows a tree is grown on. */
export const ISOLATION_SAMPLE_ROWS = 256

export interface IsolationForest {
  readonly forest: FlatForest
  /** Path length that stands for a score of one half. */
  readonly normalPathLength: number
}

export interface IsolationOptions {
  readonly trees: number
  readonly seed: number
}

/**
 * Grows an isolation forest on the rows; rows that hold NaN or Infinity are left out.
 *
 * Cost: about 0.5 ms a tree, whatever the number of rows.
 * Errors: `RangeError` with fewer than two usable rows.
 */
export function growIsolationForest(
  rows: readonly Float64Array[],
  options: IsolationOptions,
): IsolationForest {
  const usable = rows.filter((row) => row.every(Number.isFinite))
  if (usable.length < 2) throw new RangeError('an isolation forest needs at least two finite rows')
  // One after the other, since each of the package's trees holds its rows.
  const trees = Array.from(growTrees(usable, options), (tree) => sourceNode(tree.getRootNode(), 0))
  return {
    forest: compileForest(trees),
    normalPathLength: averagePathLength(sampleRowsOf(usable)),
  }
}

/** Grows the package's own trees, one at a time, on finite rows. */
export function* growTrees(
  rows: readonly Float64Array[],
  options: IsolationOptions,
): Generator<ITree> {
  const columns = varyingColumns(rows)
  const sampleRows = sampleRowsOf(rows)
  const heightLimit = Math.ceil(Math.log2(sampleRows))
  const random = seededRandom(options.seed)
  for (let tree = 0; tree < options.trees; tree += 1) {
    const sample = sampleIndices(rows.length, sampleRows, random)
    const keyed = sample.map((index) => keyedRow(rows[index]!, columns))
    yield growTree(keyed, heightLimit, random)
  }
}

function sampleRowsOf(rows: readonly Float64Array[]): number {
  return Math.min(ISOLATION_SAMPLE_ROWS, rows.length)
}

/** Scores a row: near 1 is unlike anything learned, 0.5 and below is ordinary. */
export function isolationScore(model: IsolationForest, row: Float64Array): number {
  const meanPathLength = sumOfTrees(model.forest, row) / model.forest.roots.length
  // Math.pow as the package writes it, for the same last bit.
  return Math.pow(2, -(meanPathLength / model.normalPathLength))
}

/** A row as the package wants it: an object by column number, constant columns left out. */
export function keyedRow(row: Float64Array, columns: readonly number[]): Record<string, number> {
  const keyed: Record<string, number> = {}
  for (const column of columns) keyed[column] = row[column]!
  return keyed
}

/** A split on a constant column isolates nothing and wastes a level of the tree. */
function varyingColumns(rows: readonly Float64Array[]): number[] {
  const first = rows[0]!
  const varying = [...first.keys()].filter((column) =>
    rows.some((row) => row[column] !== first[column]),
  )
  return varying.length > 0 ? varying : [0]
}

function growTree(sample: Record<string, number>[], heightLimit: number, random: Random): ITree {
  // The package draws from Math.random and cannot be seeded; growing is synchronous, so nobody else
  // draws while it is lent ours.
  const lent = Math.random
  Math.random = random
  try {
    return new ITree(sample, heightLimit)
  } finally {
    Math.random = lent
  }
}

type PackageNode = ReturnType<ITree['getRootNode']>

function sourceNode(node: PackageNode, depth: number): SourceNode {
  if (node.isExternalNode()) return { value: depth + averagePathLength(node.size()), split: null }
  const left = sourceNode(node.leftChild, depth + 1)
  const right = sourceNode(node.rightChild, depth + 1)
  const rows = rowsUnder(node)
  return {
    value: Number((depth + averagePathLength(rows)).toFixed(4)),
    split: { feature: Number(node.splitAttribute), threshold: node.splitValue, left, right },
  }
}

function rowsUnder(node: PackageNode): number {
  if (node.isExternalNode()) return node.size()
  return rowsUnder(node.leftChild) + rowsUnder(node.rightChild)
}
