/** Reads the sources as a graph of files and imports, for the rules about how they may hang together. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const projectFolder = fileURLToPath(new URL('../..', import.meta.url))

export interface SourceImport {
  readonly specifier: string
  /** The imported file from the project's folder, or the package's (or Node module's) name. */
  readonly target: string
  readonly isOwn: boolean
  /** Erased by the compiler: it binds the types of two files, not what runs. */
  readonly isTypeOnly: boolean
}

export interface SourceFile {
  /** From the project's folder, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly lines: number
  readonly imports: readonly SourceImport[]
}

/** Reads every TypeScript and JavaScript file under the given folders of the project. */
export function readSources(...folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(projectFolder, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|mts|mjs|js)$/.test(name))
      .map((name) => readSource(posix.join(folder, name))),
  )
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(projectFolder, path), 'utf8')
  const parsed = ts.createSourceFile(path, text, ts.ScriptTarget.Latest)
  const imports: SourceImport[] = []
  const visit = (node: ts.Node): void => {
    const found = importedBy(node)
    if (found) imports.push(resolve(path, ...found))
    ts.forEachChild(node, visit)
  }
  visit(parsed)
  return { path, text, lines: text.trimEnd().split('\n').length, imports }
}

/** Gives what a node imports, if it does: `import`, `export … from`, `import(…)`, `import('…')` type. */
function importedBy(node: ts.Node): [specifier: string, isTypeOnly: boolean] | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    return [node.moduleSpecifier.text, importsOnlyTypes(node.importClause)]
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
    return [(node.moduleSpecifier as ts.StringLiteral).text, exportsOnlyTypes(node)]
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [specifier] = node.arguments
    return specifier && ts.isStringLiteral(specifier) ? [specifier.text, false] : undefined
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return [(node.argument.literal as ts.StringLiteral).text, true]
  }
  return undefined
}

function importsOnlyTypes(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  const names = clause.namedBindings
  return !clause.name && !!names && ts.isNamedImports(names) && areTypes(names.elements)
}

function exportsOnlyTypes({ isTypeOnly, exportClause }: ts.ExportDeclaration): boolean {
  return (
    isTypeOnly ||
    (!!exportClause && ts.isNamedExports(exportClause) && areTypes(exportClause.elements))
  )
}

function areTypes(names: readonly { readonly isTypeOnly: boolean }[]): boolean {
  return names.length > 0 && names.every(({ isTypeOnly }) => isTypeOnly)
}

function resolve(importer: string, specifier: string, isTypeOnly: boolean): SourceImport {
  if (specifier.startsWith('.')) {
    const target = relative('.', join(dirname(importer), specifier))
    return { specifier, target, isOwn: true, isTypeOnly }
  }
  const [scope = '', name] = specifier.split('/')
  const target = specifier.startsWith('@') ? `${scope}/${name}` : scope
  return { specifier, target, isOwn: false, isTypeOnly }
}
