/** Lets Node import our TypeScript as it is: types are stripped file by file. For `--import`. */
import { readFileSync } from 'node:fs'
import { register } from 'node:module'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'
import ts from 'typescript'

const compilerOptions = {
  module: ts.ModuleKind.ESNext,
  target: ts.ScriptTarget.ES2023,
  verbatimModuleSyntax: true,
  inlineSourceMap: true,
}

/** Node's hook: what `load` gives for a module. */
export async function load(url, context, nextLoad) {
  if (!url.endsWith('.ts')) return await nextLoad(url, context)
  const text = readFileSync(fileURLToPath(url), 'utf8')
  const { outputText } = ts.transpileModule(text, { compilerOptions, fileName: url })
  return { format: 'module', source: outputText, shortCircuit: true }
}

// The hooks run in a thread of their own, which loads this file too.
if (isMainThread) register(import.meta.url)
