/** Text protocols whose server, or client, speaks in known words: FTP, SMTP, POP3, IMAP. */
import type { Packet } from '../../decode/index.ts'
import { applicationIndex, byteAt, pattern, startsWith } from './payload-text.ts'

const FTP = applicationIndex('ftp')
const IMAP = applicationIndex('imap')
const POP3 = applicationIndex('pop3')
const SMTP = applicationIndex('smtp')

const OK_220 = [pattern('220 '), pattern('220-')]
const MAIL_COMMANDS = ['EHLO ', 'HELO ', 'MAIL FROM:', 'ehlo ', 'helo '].map(pattern)
const FTP_COMMANDS = ['331 ', '530 ', '230 ', 'AUTH TLS\r\n', 'FEAT\r\n'].map(pattern)
const POP3_GREETING = pattern('+OK ')
const IMAP_GREETING = pattern('* OK ')
const USER = pattern('USER ')

/** Long enough for a host name; the rest of a banner is advertisement. */
const SEARCHED_BYTES = 96
const FTP_WORD = pattern('FTP')
const MAIL_WORDS = [pattern('SMTP'), pattern('MAIL')]

/** FTP's port: a bare 220 or USER says too little to tell it from mail. */
const FTP_PORT = 21
const POP3_PORT = 110

/** Returns the index into APPLICATIONS; 0 when the words are not known. */
export function recogniseGreeting(packet: Packet): number {
  for (const code of OK_220) if (startsWith(packet, code)) return recognise220(packet)
  for (const command of MAIL_COMMANDS) if (startsWith(packet, command)) return SMTP
  for (const command of FTP_COMMANDS) if (startsWith(packet, command)) return FTP
  if (startsWith(packet, POP3_GREETING)) return POP3
  if (startsWith(packet, IMAP_GREETING)) return IMAP
  if (startsWith(packet, USER)) {
    if (packet.destinationPort === FTP_PORT) return FTP
    if (packet.destinationPort === POP3_PORT) return POP3
  }
  return 0
}

function recognise220(packet: Packet): number {
  if (mentions(packet, FTP_WORD)) return FTP
  for (const word of MAIL_WORDS) if (mentions(packet, word)) return SMTP
  return packet.sourcePort === FTP_PORT ? FTP : SMTP
}

/** Searches the banner's beginning for a word in upper case letters, whichever case it is written in. */
function mentions(packet: Packet, word: Uint8Array): boolean {
  const end = Math.min(packet.payloadCaptured, SEARCHED_BYTES) - word.length
  for (let start = 4; start <= end; start += 1) {
    let index = 0
    while (index < word.length && (byteAt(packet, start + index) & 0xdf) === word[index]) index += 1
    if (index === word.length) return true
  }
  return false
}
