/** Ports at which regular or unknown conversations are nothing odd. */
import type { Sign } from '../suspicion/sign.ts'

/** Services that are polled, kept alive or retried by design: their rhythm says nothing. */
const RHYTHMIC_PORTS: ReadonlySet<number> = new Set([
  22, 25, 53, 67, 68, 88, 110, 111, 123, 135, 137, 138, 139, 143, 161, 162, 179, 389, 427, 445, 464, 465, 514,
  515, 546, 547, 554, 587, 631, 636, 853, 873, 993, 995, 1433, 1521, 1883, 1900, 2049, 3128, 3260, 3268, 3269,
  3306, 3389, 3478, 3479, 3702, 4369, 5044, 5060, 5061, 5222, 5223, 5228, 5229, 5230, 5269, 5349, 5353, 5355,
  5357, 5432, 5671, 5672, 5985, 5986, 6379, 6514, 7680, 8333, 8883, 9090, 9092, 9100, 9200, 9300, 10050,
  10051, 11211, 19302, 27017, 32400,
  // Machines of factories and buildings, and sensors: S7, Modbus, CoAP, IEC 60870, OPC UA, Niagara, DNP3, EtherNet/IP, BACnet.
  102, 502, 2222, 2404, 4840, 4911, 1911, 5683, 5684, 9600, 20000, 44818, 47808,
  // Agents of monitoring, configuration and logs: NRPE, NSClient, Checkmk, Graphite, StatsD, Wazuh, Puppet, Salt, Fluentd, flows.
  623, 1514, 2003, 2004, 2055, 4505, 4506, 4739, 5666, 5667, 6343, 6556, 8086, 8125, 8140, 8301, 8500, 10250, 12201,
  12489, 24224,
  // Who may use the network: TACACS+, RADIUS; and how to get through: Teredo.
  49, 1812, 1813, 3544,
]) // prettier-ignore

/** Where TLS and HTTP live. */
const WEB_PORTS: ReadonlySet<number> = new Set([80, 443, 3128, 8000, 8008, 8080, 8081, 8443, 8888])

/** Further well-known services, for whose ports a flow needs no excuse. */
const OTHER_PORTS: ReadonlySet<number> = new Set([
  20, 21, 23, 43, 79, 113, 119, 194, 500, 513, 543, 544, 548, 563, 593, 700, 843, 902, 989, 990, 992, 994,
  1080, 1194, 1701, 1723, 1755, 1863, 1935, 2082, 2083, 2086, 2087, 2095, 2096, 2195, 2196, 2375, 2376, 3074, 3690,
  3724, 4070, 4244, 4500, 5050, 5190, 5242, 5243, 5349, 5900, 5901, 5938, 6000, 6112, 6667, 6697, 6881, 7000, 7070,
  8009, 8088, 8118, 8531, 8530, 8834, 9001, 9030, 9040, 9418, 9443, 25565, 27015, 50002,
]) // prettier-ignore

export function isRhythmicPort(port: number): boolean {
  return RHYTHMIC_PORTS.has(port)
}

export function isWebPort(port: number): boolean {
  return WEB_PORTS.has(port)
}

/** No service that people use by that number. */
export function isOddPort(port: number): boolean {
  return !RHYTHMIC_PORTS.has(port) && !WEB_PORTS.has(port) && !OTHER_PORTS.has(port)
}

export function oddPort(port: number, kind: Sign['kind']): Sign {
  return { feature: 'oddPort', kind, aspect: 'place', weight: 0.2, value: port, baseline: null, text: `port ${port}, which is no known service's` } // prettier-ignore
}
