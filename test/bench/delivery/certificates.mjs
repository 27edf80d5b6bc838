/** What a server shows: the right certificate, and those that a sink has to refuse. */
import { execFileSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/**
 * Makes them in the folder, for a server at `address`.
 *
 * Shape: `caFile` is what the agent trusts; `certificateFile` and `keyFile` hold what `present` put there last:
 * `right`, `expired`, `stranger` (of another authority) or `misnamed`.
 */
export function makeKeys(folder, address) {
  const at = (name) => join(folder, name)
  const names = `IP:${address}`
  authority(at('ca'))
  authority(at('others'))
  issue(at('right'), at('ca'), names, 2)
  issue(at('expired'), at('ca'), names, -1)
  issue(at('stranger'), at('others'), names, 2)
  issue(at('misnamed'), at('ca'), 'DNS:other.example.org', 2)
  const [certificateFile, keyFile] = [at('shown.pem'), at('shown.key')]
  const present = (name) => {
    copyFileSync(`${at(name)}.pem`, certificateFile)
    copyFileSync(`${at(name)}.key`, keyFile)
  }
  present('right')
  return { caFile: `${at('ca')}.pem`, certificateFile, keyFile, present }
}

function authority(path) {
  const usage = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign']
  const files = ['-keyout', `${path}.key`, '-out', `${path}.pem`]
  openssl('req', '-x509', ...CURVE, ...files, '-subj', '/CN=Delivery', '-days', '2', ...usage)
}

function issue(path, signer, names, days) {
  const subject = ['-subj', '/CN=collector', '-addext', `subjectAltName=${names}`]
  openssl('req', ...CURVE, '-keyout', `${path}.key`, '-out', `${path}.csr`, ...subject)
  const signed = ['-CA', `${signer}.pem`, '-CAkey', `${signer}.key`, '-copy_extensions', 'copy']
  const files = ['-in', `${path}.csr`, '-out', `${path}.pem`]
  openssl('x509', '-req', ...files, ...signed, '-days', String(days))
}

function openssl(...args) {
  execFileSync('openssl', args, { stdio: 'ignore' })
}
