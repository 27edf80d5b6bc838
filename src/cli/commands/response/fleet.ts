/** `picket fleet`: orders to many hosts, from the machine that may give them. */
import { Option } from 'commander'
import { BLOCK_DIRECTIONS, BLOCK_PROTOCOLS } from '../../../record/logs/block-log.ts'
import { addressee, portList, seconds, wholeNumber } from '../../arguments.ts'
import {
  listFleetHosts,
  listFleetOrders,
  makeFleetCredentials,
  orderFleet,
  setUpFleet,
  type FleetOrderOptions,
} from '../../fleet.ts'
import type { AddCommands } from '../../invocation.ts'

const EXAMPLES = `
Orders are given where fleet.orderer is configured; every host of the fleet carries them out, but where one of its
own guards refuses. A host that is off gets what is still in force when it returns.

Examples:
  picket fleet block 192.0.2.7 --ttl 2h --reason 'scans the shop'
  picket fleet block 192.0.2.0/24 --to group:dmz --direction in --protocol tcp --ports 22
  picket fleet unblock 192.0.2.7
  picket fleet orders
  picket fleet orders 0198c0de-0000-7000-8000-000000000031
  picket fleet status
  picket fleet credentials /root/fleet-keys web1 web2 db1`

const TO = new Option('--to <hosts>', 'all, group:NAME or host:NAME')
  .argParser(addressee)
  .default({ kind: 'all' }, 'all')
const WAIT = new Option('--wait <time>', 'how long to wait for the answers of hosts')
  .argParser(seconds)
  .default(5, '5s')
const TTL = new Option('--ttl <time>', 'how long, everywhere alike: 600, 10m, 2h')
  .argParser(seconds)
  .default(3600, '1h')

/** Adds `fleet` with what belongs to it. */
export const addFleet: AddCommands = (program, run) => {
  const fleet = program
    .command('fleet')
    .description('order blocks on many hosts, and see what each made of it')
    .addHelpText('after', EXAMPLES)
  const ordering = (name: string, description: string) =>
    fleet
      .command(name)
      .argument('<targets...>', 'IPv4 or IPv6 addresses, or ranges in CIDR notation')
      .description(description)
      .addOption(TO)
      .option('--reason <text>', 'for whoever reads it later')
      .addOption(WAIT)
  ordering('block', 'keep addresses or ranges out of every host')
    .addOption(TTL)
    .addOption(
      new Option('--direction <way>', 'only what comes in from it, or goes out to it').choices([
        ...BLOCK_DIRECTIONS,
      ]),
    )
    .addOption(new Option('--protocol <name>', 'only this').choices([...BLOCK_PROTOCOLS]))
    .option('--ports <list>', 'only packets to these ports, such as 22,8000-8100', portList)
    .action(run<FleetOrderOptions>((given) => orderFleet('block', given)))
  ordering('unblock', 'lift every block that touches an address or a range, on every host').action(
    run<FleetOrderOptions>((given) => orderFleet('lift', given)),
  )
  fleet
    .command('orders')
    .argument('[id]', 'one order, with the answer of each host')
    .option('--limit <n>', 'the most to list', wholeNumber(1, 100), 20)
    .description('list orders and what hosts made of them, newest first')
    .action(run<{ limit: number }>(listFleetOrders))
  fleet.command('status').description('list the hosts of the fleet').action(run(listFleetHosts))
  fleet
    .command('setup')
    .option('--replicas <n>', 'copies of each stream, on different servers', wholeNumber(1, 5), 3)
    .description('make the streams of the fleet on its servers; once')
    .action(run<{ replicas: number }>(setUpFleet))
  fleet
    .command('credentials')
    .argument('<folder>', 'where seeds are kept, and users.conf is written')
    .argument('[hosts...]', 'hosts that are to have a seed')
    .description('make NKeys for hosts, and the users that the servers are to know')
    .action(run(makeFleetCredentials))
}
