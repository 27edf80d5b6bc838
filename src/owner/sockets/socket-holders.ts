/**
 * Which process holds a socket: found by going through the open files of all processes in /proc, which the
 * kernel offers no index of, a little at a time.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

/** Work and rest: a twentieth of one processor at most, however many processes there are. */
const WORK_MS = 4
const REST_MS = 76
/** A socket whose holder was not found by so many rounds has one that we may not see. */
const ROUNDS_PER_SOCKET = 3
const MOST_WANTED = 65_536

/** Told of each socket whose holder is found. */
export type TakeHolder = (inode: number, pid: number) => void

export class SocketHolders {
  readonly #take: TakeHolder
  /** Inodes of sockets to the rounds in which they were not found. */
  readonly #wanted = new Map<number, number>()
  /** Those who held a socket before are asked first. */
  readonly #holders = new Set<number>()
  #isRunning = false
  #isStopped = false
  #workedUntilMs = 0
  #isHindered = false
  #unwanted = 0
  #rounds = 0

  constructor(take: TakeHolder) {
    this.#take = take
  }

  /** Some process does not let us see its files, or is hidden from us. */
  get isHindered(): boolean {
    return this.#isHindered
  }

  /** Sockets that were not looked for, since too many were. */
  get unwanted(): number {
    return this.#unwanted
  }

  /** Times that all processes were gone through. */
  get rounds(): number {
    return this.#rounds
  }

  want(inode: number): void {
    if (this.#wanted.size >= MOST_WANTED) this.#unwanted += 1
    else this.#wanted.set(inode, 0)
  }

  /** The socket is gone. */
  forget(inode: number): void {
    this.#wanted.delete(inode)
  }

  /** Goes through the processes until every wanted socket's holder is found, or given up. */
  async search(): Promise<void> {
    if (this.#isRunning) return
    this.#isRunning = true
    this.#workedUntilMs = performance.now() + WORK_MS
    while (this.#wanted.size > 0 && !this.#isStopped) await this.#round()
    this.#isRunning = false
  }

  stop(): void {
    this.#isStopped = true
  }

  async #round(): Promise<void> {
    const looked = [...this.#wanted.keys()]
    this.#rounds += 1
    for (const pid of this.#processes()) {
      if (this.#wanted.size === 0 || this.#isStopped) return
      await this.#look(pid)
    }
    for (const inode of looked) {
      const rounds = this.#wanted.get(inode)
      if (rounds === undefined) continue
      this.#wanted.set(inode, rounds + 1)
      if (rounds + 1 >= ROUNDS_PER_SOCKET) this.#wanted.delete(inode)
    }
    await this.#rest()
  }

  /** The youngest first, since new sockets are mostly theirs; before them those who hold sockets anyway. */
  #processes(): number[] {
    const all = readdirSync('/proc').map(Number).filter(Number.isInteger)
    const running = new Set(all)
    // Hidden processes (hidepid=, ProtectProc=) are not even listed.
    if (!running.has(1)) this.#isHindered = true
    for (const pid of this.#holders) if (!running.has(pid)) this.#holders.delete(pid)
    return [...this.#holders, ...all.reverse().filter((pid) => !this.#holders.has(pid))]
  }

  async #look(pid: number): Promise<void> {
    for (const file of this.#openFiles(pid)) {
      if (performance.now() >= this.#workedUntilMs) await this.#rest()
      const inode = socketInode(`/proc/${pid}/fd/${file}`)
      if (inode === null || !this.#wanted.has(inode)) continue
      this.#wanted.delete(inode)
      this.#holders.add(pid)
      this.#take(inode, this.#eldestHolder(pid, inode))
    }
    if (performance.now() >= this.#workedUntilMs) await this.#rest()
  }

  /** A socket handed down from parent to child (a server's workers) counts as the parent's. */
  #eldestHolder(pid: number, inode: number): number {
    const parent = parentOf(pid)
    if (parent === null || parent <= 1) return pid
    const holds = this.#openFiles(parent).some(
      (file) => socketInode(`/proc/${parent}/fd/${file}`) === inode,
    )
    return holds ? this.#eldestHolder(parent, inode) : pid
  }

  #openFiles(pid: number): string[] {
    try {
      return readdirSync(`/proc/${pid}/fd`)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EACCES' || code === 'EPERM') this.#isHindered = true
      return []
    }
  }

  async #rest(): Promise<void> {
    await pause(REST_MS, undefined, { ref: false })
    this.#workedUntilMs = performance.now() + WORK_MS
  }
}

function socketInode(path: string): number | null {
  try {
    const link = readlinkSync(path)
    return link.startsWith('socket:[') ? Number(link.slice(8, -1)) : null
  } catch {
    // Closed as we looked.
    return null
  }
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    // Ended as we looked.
    return null
  }
}
