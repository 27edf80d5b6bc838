/**
 * Home of the package `ml-random-forest`: grows small forests on small bags and compiles them.
 *
 * Its training cost grows with the square of the rows, so a big forest is many small ones, each on its own
 * bag of at most 2,000 rows. Votes are counted here, since its `predictProbability` drops the first tree.
 */
import { RandomForestClassifier } from 'ml-random-forest'
import { compileForest, type FlatForest, type SourceNode } from '../../detect/models/index.ts'

/** The most rows a bag may hold; beyond it training takes minutes. */
export const MAXIMUM_BAG_ROWS = 2000

const MAXIMUM_DEPTH = 24

export interface Bag {
  readonly rows: readonly Float64Array[]
  /** 1 attack, 0 benign; one for each row. */
  readonly labels: readonly number[]
}

export interface RandomForestOptions {
  readonly trees: number
  readonly seed: number
  /** Share of the columns each tree sees, above 0 up to 1. */
  readonly featureShare: number
  /** The columns trees may split on, by index into the row. */
  readonly columns: readonly number[]
}

export interface GrownRandomForest {
  readonly forest: FlatForest
  /** The package's own forest, for tests that compare. */
  readonly classifier: RandomForestClassifier
}

/** A node of the package's tree, as far as it is read. */
interface PackageNode {
  readonly left?: PackageNode
  readonly right?: PackageNode
  readonly splitColumn: number
  readonly splitValue: number
  readonly distribution?: { maxRowIndex(row: number): [number, number] }
}

/**
 * Grows a small forest on one bag.
 *
 * Cost: about 0.4 s a tree at 1,000 rows, 1.2 s at 2,000.
 * Errors: `RangeError` for a bag that is empty or too large.
 */
export function growRandomForest(bag: Bag, options: RandomForestOptions): GrownRandomForest {
  if (bag.rows.length === 0 || bag.rows.length > MAXIMUM_BAG_ROWS) {
    throw new RangeError(`a bag holds 1 to ${MAXIMUM_BAG_ROWS} rows, not ${bag.rows.length}`)
  }
  const { columns } = options
  const classifier = new RandomForestClassifier({
    nEstimators: options.trees,
    seed: options.seed,
    maxFeatures: Math.max(1, Math.round(columns.length * options.featureShare)),
    replacement: false,
    useSampleBagging: true,
    noOOB: true,
    // The default gainThreshold of 0.01 costs a tenth of the AUC.
    treeOptions: { gainThreshold: 0, maxDepth: MAXIMUM_DEPTH, minNumSamples: 3 },
  })
  classifier.train(
    bag.rows.map((row) => columns.map((column) => row[column]!)),
    [...bag.labels],
  )
  const estimators = classifier.estimators as unknown as readonly { root: PackageNode }[]
  const trees = estimators.map(({ root }, tree) => {
    const columnOf = classifier.indexes![tree]!.map((column) => columns[column]!)
    return sourceNode(root, columnOf, bag.rows)
  })
  return { forest: compileForest(trees), classifier }
}

/** Inner nodes get the mean vote of the bag's rows that pass them: explanations compare against it. */
function sourceNode(
  node: PackageNode,
  columnOf: readonly number[],
  rows: readonly Float64Array[],
): SourceNode {
  if (!node.left || !node.right) {
    return { value: node.distribution!.maxRowIndex(0)[1] === 1 ? 1 : 0, split: null }
  }
  const feature = columnOf[node.splitColumn]!
  const threshold = node.splitValue
  const leftRows = rows.filter((row) => row[feature]! < threshold)
  const rightRows = rows.filter((row) => row[feature]! >= threshold)
  const left = sourceNode(node.left, columnOf, leftRows)
  const right = sourceNode(node.right, columnOf, rightRows)
  const leftShare = rows.length > 0 ? leftRows.length / rows.length : 0.5
  const value = left.value * leftShare + right.value * (1 - leftShare)
  return { value: Number(value.toFixed(4)), split: { feature, threshold, left, right } }
}
