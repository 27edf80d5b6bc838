/** An agent that root starts by hand becomes an ordinary user, with the two rights it needs, as the unit makes it. */
import { spawn } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { constants } from 'node:os'
import { mayGiveNetworkRights } from '../../capture/index.ts'
import { packagedFile } from '../../core/files/package-root.ts'
import { unreadableBy, userNamed, type UnixUser } from '../../core/unix/users.ts'

/** Made by the package, or as deploy/README.md says. */
const USER = 'picket'
/** Part of util-linux, which every Debian has: Node.js can change the user, but not keep a capability by it. */
const SETPRIV = '/usr/bin/setpriv'
/** As the unit gives them: sensors capture, the agent changes the firewall. */
const RIGHTS = '+net_raw,+net_admin'
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export interface AgentFiles {
  /** The data folder. */
  readonly directory: string
  /** Undefined where none was named. */
  readonly configFile: string | undefined
}

/** As whom the agent is to run, or why it stays root. */
export type Leave =
  { readonly kind: 'as'; readonly user: UnixUser } | { readonly kind: 'stay'; readonly why: string }

/**
 * Says as whom the agent is to run; null where nobody is root. Makes the data folder for that user where it is
 * not there yet.
 *
 * It stays root where the user could not do its work: it may not read the program or the configuration, or the
 * data folder is somebody else's.
 */
export function leaveFor(files: AgentFiles, environment: NodeJS.ProcessEnv): Leave | null {
  if (process.getuid?.() !== 0) return null
  const user = userNamed(USER)
  if (user === null) return { kind: 'stay', why: `there is no user ${USER}` }
  const why = hindrance(user, files, environment)
  return why === null ? { kind: 'as', user } : { kind: 'stay', why }
}

function hindrance(
  user: UnixUser,
  { directory, configFile }: AgentFiles,
  environment: NodeJS.ProcessEnv,
): string | null {
  // Whoever wants to hear from its own child has chosen the user as well.
  if (environment.NOTIFY_SOCKET !== undefined) return 'a service manager has chosen root'
  if (!mayGiveNetworkRights()) return 'this root may not give its rights to another user'
  if (!existsSync(SETPRIV)) return `${SETPRIV} is not there`
  const needed = [process.execPath, packagedFile('package.json')]
  const hidden = unreadableBy(user, configFile === undefined ? needed : [...needed, configFile])
  if (hidden !== null) return `${USER} may not read ${hidden}`
  if (!existsSync(directory)) {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    chownSync(directory, user.uid, user.gid)
  }
  if (statSync(directory).uid === user.uid) return null
  return `${directory} is not ${USER}'s; chown -R ${USER}: ${directory}`
}

/** Runs `picket start` as the user to its end, and gives its exit code; signals are passed on. */
export function startAs(
  { uid, gid }: UnixUser,
  { directory, configFile }: AgentFiles,
): Promise<number> {
  const identity = ['--reuid', String(uid), '--regid', String(gid), '--clear-groups']
  const rights = ['inh-caps', 'ambient-caps', 'bounding-set'].map(
    (set) => `--${set}=-all,${RIGHTS}`,
  )
  const command = [process.execPath, ...process.execArgv, packagedFile('dist/main.js'), 'start']
  const config = configFile === undefined ? [] : ['--config', configFile]
  const argv = [...identity, ...rights, '--no-new-privs', '--', ...command, ...config]
  const child = spawn(SETPRIV, [...argv, '--data-dir', directory], { stdio: 'inherit' })
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}
