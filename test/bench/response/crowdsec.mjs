/**
 * Rounds of guessing against CrowdSec and its firewall bouncer, with the hub that Debian's package carries.
 *
 * The package can't be set up without the network (it registers with the vendor's servers), but it works from where it is
 * unpacked: PICKET_CROWDSEC names the folder, filled by
 * `apt-get download crowdsec crowdsec-firewall-bouncer && for deb in crowdsec*.deb; do dpkg-deb -x $deb FOLDER; done`.
 */
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { runToEnd, startOne } from '../../support/hosts/veth-pair.mjs'
import { guessUntilKeptOut } from './guessed-sshd.mjs'

/** Its scenario overflows by the guess after these. */
const CAPACITY = 5
const API = '127.0.0.1:8080'
/** Installed by links into the hub, as `cscli` does it. */
const INSTALLED = [
  'parsers/s00-raw/crowdsecurity/syslog-logs.yaml',
  'parsers/s01-parse/crowdsecurity/sshd-logs.yaml',
  'parsers/s02-enrich/crowdsecurity/dateparse-enrich.yaml',
  'scenarios/crowdsecurity/ssh-bf.yaml',
]

/**
 * Gives ms from the log line that overflows to the last datagram that arrived; null where it is not installed.
 *
 * `pollSeconds` is how often the bouncer asks: 10 by default.
 */
export async function measureCrowdsec(target, pollSeconds) {
  const root = process.env.PICKET_CROWDSEC ?? '/'
  const program = (name) => join(root, 'usr/bin', name)
  if (!['crowdsec', 'cscli', 'crowdsec-firewall-bouncer'].map(program).every(existsSync))
    return null
  const { pair, sshd, rounds } = target
  const home = join(target.folder, `crowdsec-${pollSeconds}`)
  const config = configure(root, home, sshd.log)
  const cscli = (...args) => runToEnd(pair.receiver, program('cscli'), ['-c', config, ...args])
  const credentials = join(home, 'credentials.yaml')
  await cscli('machines', 'add', 'victim', '--auto', '-f', credentials)
  const key = (await cscli('bouncers', 'add', 'firewall', '-o', 'raw')).trim()
  const engine = startOne(pair.receiver, program('crowdsec'), ['-c', config])
  const bouncer = startBouncer(target, program('crowdsec-firewall-bouncer'), {
    home,
    key,
    pollSeconds,
  })
  const reactions = []
  try {
    await Promise.all([
      engine.said(/Starting processing data/),
      bouncer.said(/Processing new and deleted/),
    ])
    for (let round = 0; round < rounds; round += 1) {
      const from = `10.78.${pollSeconds + 10}.${round + 1}`
      const keptOutAt = await guessUntilKeptOut(target, from, 60_000)
      const crossedAt = sshd.failures.get(from)?.[CAPACITY]
      if (keptOutAt !== null && crossedAt !== undefined) {
        reactions.push({ ms: Math.max(0, keptOutAt - crossedAt) })
      }
    }
  } finally {
    await Promise.all([bouncer.end(), engine.end()])
  }
  return reactions
}

function startBouncer({ pair }, program, { home, key, pollSeconds }) {
  const file = join(home, 'bouncer.yaml')
  const settings = {
    ...{ mode: 'iptables', update_frequency: `${pollSeconds}s`, daemonize: false },
    ...{ log_mode: 'stdout', log_dir: home, log_level: 'info', pid_dir: home },
    ...{ api_url: `http://${API}/`, api_key: key, disable_ipv6: true, deny_action: 'DROP' },
    ...{ supported_decisions_types: ['ban'], iptables_chains: ['INPUT'], ipset_type: 'nethash' },
    ...{ blacklists_ipv4: 'crowdsec-blacklists', blacklists_ipv6: 'crowdsec6-blacklists' },
  }
  writeFileSync(file, stringify(settings))
  return startOne(pair.receiver, program, ['-c', file])
}

/** Nothing is asked of the vendor's servers, and nothing of the host's own folders used. */
function configure(root, home, log) {
  const hub = join(root, 'usr/share/crowdsec/hub')
  mkdirSync(join(home, 'data'), { recursive: true })
  for (const item of INSTALLED) {
    const [kind, ...rest] = item.split('/')
    const folder = join(home, kind, ...(kind === 'parsers' ? [rest[0]] : []))
    mkdirSync(folder, { recursive: true })
    symlinkSync(join(hub, item), join(folder, rest.at(-1)))
  }
  symlinkSync(join(root, 'etc/crowdsec/patterns'), join(home, 'patterns'))
  writeFileSync(join(home, 'simulation.yaml'), 'simulation: false\n')
  writeFileSync(
    join(home, 'acquis.yaml'),
    stringify({ filenames: [log], labels: { type: 'syslog' } }),
  )
  const filters = ['Alert.Remediation == true && Alert.GetScope() == "Ip"']
  const profile = {
    name: 'ban',
    filters,
    decisions: [{ type: 'ban', duration: '10m' }],
    on_success: 'break',
  }
  writeFileSync(join(home, 'profiles.yaml'), stringify(profile))
  const file = join(home, 'config.yaml')
  writeFileSync(file, stringify(settingsOf(home, hub)))
  return file
}

function settingsOf(home, hub) {
  return {
    common: { daemonize: false, log_media: 'stdout', log_level: 'info', working_dir: home },
    config_paths: {
      ...{ config_dir: home, data_dir: join(home, 'data'), hub_dir: hub },
      ...{ index_path: join(hub, '.index.json'), simulation_path: join(home, 'simulation.yaml') },
      ...{ notification_dir: home, plugin_dir: home },
    },
    crowdsec_service: { acquisition_path: join(home, 'acquis.yaml'), parser_routines: 1 },
    db_config: { type: 'sqlite', log_level: 'info', db_path: join(home, 'data', 'crowdsec.db') },
    api: {
      client: { credentials_path: join(home, 'credentials.yaml') },
      server: { listen_uri: API, log_level: 'info', profiles_path: join(home, 'profiles.yaml') },
    },
    prometheus: { enabled: false },
  }
}
