/** Which sockets processes hold, from /proc (proc(5)). */
import { readdir, readFile, readlink } from 'node:fs/promises'

/** Gives the pids of all processes that show. */
export async function processIds(): Promise<string[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
}

/** Gives the inodes of a process's sockets; none where it is closed to us or gone. */
export async function socketsOf(pid: string): Promise<string[]> {
  const folder = `/proc/${pid}/fd`
  const names = await readdir(folder).catch(() => [])
  const links = await Promise.all(
    names.map((name) => readlink(`${folder}/${name}`).catch(() => '')),
  )
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? [])
}

/** Processes come and go while they are read, and without root most are closed to us. */
export function readOrEmpty(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}
