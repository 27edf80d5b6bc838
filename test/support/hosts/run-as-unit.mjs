/**
 * Runs the ExecStart of a systemd unit with the unit's user, capabilities and environment, but
 * without systemd: the project stands at /opt/picket, in a mount namespace of the caller's.
 *
 * Usage, under `ip netns exec` (which makes that namespace):
 * `node run-as-unit.mjs UNIT CONFIG DATA-DIR`. Leaves out: the file system and system call rules.
 */
import { execFileSync, spawn } from 'node:child_process'
import { chownSync, mkdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Whoever the unit's user will be on the host, it is nobody in particular. */
const uid = 65534
const project = fileURLToPath(new URL('../../..', import.meta.url))
const [unitFile, config, dataFolder] = process.argv.slice(2)
const unit = readFileSync(unitFile, 'utf8')
const setting = (name) => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? ''
const capabilities = (name, sign) =>
  setting(name)
    .toLowerCase()
    .split(' ')
    .map((capability) => capability.replace('cap_', sign))
    .join(',')

execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', '/opt'])
mkdirSync('/opt/picket')
execFileSync('mount', ['--bind', project, '/opt/picket'])
chownSync(dataFolder, uid, uid)

const command = setting('ExecStart')
  .replace('/etc/picket/picket.yaml', config)
  .replace('/var/lib/picket', dataFolder)
  .split(' ')
const rights = [
  ...['--reuid', String(uid), '--regid', String(uid), '--clear-groups'],
  ...['--inh-caps', `-all,${capabilities('AmbientCapabilities', '+')}`],
  ...['--ambient-caps', `-all,${capabilities('AmbientCapabilities', '+')}`],
  ...['--bounding-set', `-all,${capabilities('CapabilityBoundingSet', '+')}`],
  ...(setting('NoNewPrivileges') === 'yes' ? ['--no-new-privs'] : []),
]
const child = spawn('setpriv', [...rights, ...command], {
  cwd: '/',
  env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  stdio: 'inherit',
})
process.stdout.write(`main PID ${child.pid}\n`)
process.on('SIGTERM', () => child.kill('SIGTERM'))
child.on('exit', (code) => process.exit(code ?? 1))
