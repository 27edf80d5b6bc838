/** What is told of a mail or file that a client hands over. */

/** The subject of a mail sent by SMTP, or the name of a file sent by FTP. Told, never stored. */
export interface SentName {
  readonly kind: 'sent-name'
  readonly application: 'smtp' | 'ftp'
  readonly name: string
}
