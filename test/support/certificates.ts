/** Authorities and certificates of a test's own, made by openssl. */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const openssl = async (...argv: string[]) => await promisify(execFile)('openssl', argv)
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

export interface Certificate {
  readonly certificateFile: string
  readonly keyFile: string
}

export interface Authority {
  readonly caFile: string
  readonly keyFile: string
  /** Signs a certificate for these names (`DNS:…`, `IP:…`); `days` may be negative: expired from the start. */
  issue(file: string, names: string, days?: number): Promise<Certificate>
}

/** Makes an authority with its files in the folder. */
export async function makeAuthority(folder: string, name: string): Promise<Authority> {
  const [caFile, caKey] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)]
  const usage = 'keyUsage=critical,keyCertSign,cRLSign'
  const subject = `/O=${name}/CN=Authority ${name}`
  const own = ['-subj', subject, '-days', '2', '-addext', usage]
  await openssl('req', '-x509', ...KEY, '-keyout', caKey, '-out', caFile, ...own)
  return {
    caFile,
    keyFile: caKey,
    issue: async (file, names, days = 2) => {
      const [certificateFile, keyFile] = [join(folder, `${file}.pem`), join(folder, `${file}.key`)]
      const request = join(folder, `${file}.csr`)
      const subjects = ['-subj', `/CN=${file}`, '-addext', `subjectAltName=${names}`]
      await openssl('req', ...KEY, '-keyout', keyFile, '-out', request, ...subjects)
      const signer = ['-CA', caFile, '-CAkey', caKey, '-copy_extensions', 'copy']
      const lasting = ['-days', String(days), '-out', certificateFile]
      await openssl('x509', '-req', '-in', request, ...signer, ...lasting)
      return { certificateFile, keyFile }
    },
  }
}

/** Writes text into a file of the folder, and gives its path. */
export async function written(folder: string, name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text)
  return join(folder, name)
}
