/** The host's reading as gauges of `/metrics`. */
import type { Metrics } from '../core/log/metrics.ts'
import type { HostReading } from './host-reading.ts'

const ROLES = ['agent', 'sensor', 'capture'] as const

/** Sets every gauge anew; `before` says which interfaces and processes may be gone since. */
export function gaugeHost(
  metrics: Metrics,
  reading: HostReading,
  before: HostReading | null,
): void {
  const { cpuShare, load, memory, disk } = reading
  metrics.gauge('host_cpu_ratio', 'Share of the processors that is busy', cpuShare)
  for (const [index, minutes] of ['1', '5', '15'].entries()) {
    metrics.gauge('host_load', 'Load average', load[index] ?? null, { minutes })
  }
  metrics.gauge('host_memory_bytes', 'Memory of the host', memory.totalBytes)
  metrics.gauge('host_memory_available_bytes', 'Memory to be had', memory.availableBytes)
  metrics.gauge('data_disk_bytes', 'Size of the disk of the data folder', disk.totalBytes)
  metrics.gauge('data_disk_free_bytes', 'Room on the disk of the data folder', disk.freeBytes)
  gaugeInterfaces(metrics, reading, before)
  gaugeProcesses(metrics, reading, before)
}

function gaugeInterfaces(metrics: Metrics, now: HostReading, before: HostReading | null): void {
  const present = new Map(now.interfaces.map((counters) => [counters.interface, counters]))
  const known = [...present.keys(), ...(before?.interfaces ?? []).map((was) => was.interface)]
  for (const name of new Set(known)) {
    const counters = present.get(name)
    const both = (what: string, help: string, received?: number, sent?: number): void => {
      const labels = { interface: name }
      metrics.gauge(what, help, received ?? null, { ...labels, direction: 'received' })
      metrics.gauge(what, help, sent ?? null, { ...labels, direction: 'sent' })
    }
    const { receivedPackets, sentPackets, receivedBytes, sentBytes } = counters ?? {}
    const { receiveErrors, sendErrors, receiveDrops, sendDrops } = counters ?? {}
    both('interface_packets', "Packets, by the interface's count", receivedPackets, sentPackets)
    both('interface_bytes', "Bytes, by the interface's count", receivedBytes, sentBytes)
    both('interface_errors', "Errors, by the interface's count", receiveErrors, sendErrors)
    both('interface_drops', "Drops, by the interface's count", receiveDrops, sendDrops)
  }
}

function gaugeProcesses(metrics: Metrics, now: HostReading, before: HostReading | null): void {
  const running = [...now.processes, ...(before?.processes ?? [])]
  for (const name of new Set(running.map((process) => process.interface))) {
    for (const role of ROLES) {
      if ((role === 'agent') !== (name === null)) continue
      const use = now.processes.find(
        (process) => process.interface === name && process.role === role,
      )
      const labels = { role, interface: name ?? '' }
      const cpu = 'Share of the processors that it uses'
      metrics.gauge('process_cpu_ratio', cpu, use?.cpuShare ?? null, labels)
      metrics.gauge('process_resident_bytes', 'Its memory', use?.residentBytes ?? null, labels)
    }
  }
}
