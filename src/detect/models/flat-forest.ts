/** Forests as flat typed arrays: what both packages' trees are compiled into for scoring. */

/**
 * Trees one behind the other, each in preorder: the left child of node `i` is `i + 1`, the right one
 * `right[i]`. A leaf has `feature` -1.
 *
 * `value` is what the node says on its own: at a leaf the score the tree gives (isolation: path length;
 * random: vote), at an inner node the score to expect there, which is what explanations compare.
 */
export interface FlatForest {
  readonly roots: Int32Array
  readonly feature: Int16Array
  readonly threshold: Float64Array
  readonly right: Int32Array
  readonly value: Float64Array
}

/** A node of one package's tree, as `compile` reads it. */
export interface SourceNode {
  readonly value: number
  /** Null at a leaf. A row whose feature is below the threshold goes left. */
  readonly split: {
    readonly feature: number
    readonly threshold: number
    readonly left: SourceNode
    readonly right: SourceNode
  } | null
}

/** Compiles trees into one flat forest. */
export function compileForest(trees: readonly SourceNode[]): FlatForest {
  const feature: number[] = []
  const threshold: number[] = []
  const right: number[] = []
  const value: number[] = []
  const append = (node: SourceNode): void => {
    const index = feature.push(node.split?.feature ?? -1) - 1
    threshold.push(node.split?.threshold ?? 0)
    value.push(node.value)
    right.push(0)
    if (node.split === null) return
    append(node.split.left)
    right[index] = feature.length
    append(node.split.right)
  }
  const roots = trees.map((tree) => {
    const root = feature.length
    append(tree)
    return root
  })
  return {
    roots: Int32Array.from(roots),
    feature: Int16Array.from(feature),
    threshold: Float64Array.from(threshold),
    right: Int32Array.from(right),
    value: Float64Array.from(value),
  }
}

/** Puts forests behind one another as one. */
export function mergeForests(forests: readonly FlatForest[]): FlatForest {
  const roots: number[] = []
  const right: number[] = []
  let offset = 0
  for (const forest of forests) {
    for (const root of forest.roots) roots.push(root + offset)
    forest.right.forEach((child, node) =>
      right.push(forest.feature[node]! < 0 ? 0 : child + offset),
    )
    offset += forest.feature.length
  }
  const nodes = {
    feature: new Int16Array(offset),
    threshold: new Float64Array(offset),
    value: new Float64Array(offset),
  }
  let at = 0
  for (const forest of forests) {
    nodes.feature.set(forest.feature, at)
    nodes.threshold.set(forest.threshold, at)
    nodes.value.set(forest.value, at)
    at += forest.feature.length
  }
  return { roots: Int32Array.from(roots), right: Int32Array.from(right), ...nodes }
}

/**
 * Adds up what every tree says about the row, in the order of the trees.
 *
 * Cost: about 30 ns a tree; no allocation.
 */
export function sumOfTrees(forest: FlatForest, row: Float64Array): number {
  const { roots, feature, threshold, right, value } = forest
  let sum = 0
  for (let tree = 0; tree < roots.length; tree += 1) {
    let node = roots[tree]!
    let split = feature[node]!
    while (split >= 0) {
      node = row[split]! < threshold[node]! ? node + 1 : right[node]!
      split = feature[node]!
    }
    sum += value[node]!
  }
  return sum
}

/** The share of a random forest's trees that vote "attack", 0–1. */
export function attackShare(forest: FlatForest, row: Float64Array): number {
  return sumOfTrees(forest, row) / forest.roots.length
}

/**
 * As `attackShare`, but stops where the trees left could no longer lift the row to `threshold`: what is
 * returned is then the share among the trees asked so far, and below the threshold like the whole one.
 *
 * Cost: ordinary flows, which hardly any tree votes against, ask about one tree in five.
 */
export function attackShareTowards(
  forest: FlatForest,
  row: Float64Array,
  threshold: number,
): number {
  const { roots, feature, threshold: splits, right, value } = forest
  const trees = roots.length
  const mostAgainst = trees - threshold * trees
  let votes = 0
  for (let tree = 0; tree < trees; tree += 1) {
    let node = roots[tree]!
    let split = feature[node]!
    while (split >= 0) {
      node = row[split]! < splits[node]! ? node + 1 : right[node]!
      split = feature[node]!
    }
    votes += value[node]!
    if (tree + 1 - votes > mostAgainst) return votes / (tree + 1)
  }
  return votes / trees
}

/**
 * Adds to `out` how much each feature moved the score on the row's paths: child's value minus parent's.
 *
 * What is added sums to (score at the leaves) - (score at the roots), over all trees.
 * Source: Saabas 2014 (tree interpreter); Carletti et al. 2019 (DIFFI) for isolation forests.
 */
export function addContributions(forest: FlatForest, row: Float64Array, out: Float64Array): void {
  const { roots, feature, threshold, right, value } = forest
  for (let tree = 0; tree < roots.length; tree += 1) {
    let node = roots[tree]!
    let split = feature[node]!
    while (split >= 0) {
      const child = row[split]! < threshold[node]! ? node + 1 : right[node]!
      out[split] = out[split]! + value[child]! - value[node]!
      node = child
      split = feature[node]!
    }
  }
}
