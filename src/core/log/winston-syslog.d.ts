/** The part of winston-syslog that `log.ts` uses; the package carries no types. */
declare module 'winston-syslog' {
  import type Transport from 'winston-transport'

  interface SyslogOptions {
    readonly protocol: 'udp4' | 'tcp4' | 'unix'
    readonly host: string
    readonly port: number
    readonly path: string
    readonly app_name: string
    readonly type: 'RFC5424'
    readonly facility: 'daemon'
    readonly eol: string
  }

  export class Syslog extends Transport {
    constructor(options: SyslogOptions)
  }
}
