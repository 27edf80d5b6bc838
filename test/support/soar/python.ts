/** Runs the stand-ins of SOAR products, which are Python as the products are; one process for many orders. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { packagedFile } from '../../../src/core/files/package-root.ts'

export interface PythonHost {
  /** Gives the program an order; resolves with its answer. Rejects with what it wrote on stderr when it dies. */
  run<Answer>(order: object): Promise<Answer>
  /** Lets it end. */
  close(): void
}

/** Starts a program of this folder that answers a line of JSON with a line of JSON. */
export function startPython(program: string, ...args: readonly string[]): PythonHost {
  const script = packagedFile(`test/support/soar/${program}`)
  const child = spawn('python3', ['-B', script, ...args])
  const waiting: { resolve(line: string): void; reject(error: Error): void }[] = []
  let told = ''
  child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()))
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()!.resolve(line))
  child.on('close', () => {
    for (const { reject } of waiting) reject(new Error(told))
  })
  return {
    async run<Answer>(order: object) {
      const line = await new Promise<string>((resolve, reject) => {
        if (child.exitCode !== null) reject(new Error(told))
        waiting.push({ resolve, reject })
        child.stdin.write(`${JSON.stringify(order)}\n`)
      })
      return JSON.parse(line) as Answer
    },
    close: () => void child.stdin.end(),
  }
}
