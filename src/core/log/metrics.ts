/** prom-client's home: the counters and gauges that `/metrics` prints. */
import { Counter, Gauge, Registry } from 'prom-client'

export interface Metrics {
  /** Adds `by` (default 1) to the counter `name`; `help` is kept from the first call. */
  count(name: string, help: string, by?: number, labels?: Readonly<Record<string, string>>): void
  /** Gives what the counter `name` has come to, all labels together; 0 for one that never counted. */
  total(name: string): Promise<number>
  /** Sets the gauge `name`; null takes the value away, since what it measured is gone or unknown. */
  gauge(
    name: string,
    help: string,
    value: number | null,
    labels?: Readonly<Record<string, string>>,
  ): void
  /** The text of all, in the Prometheus format or, where wanted, in OpenMetrics. */
  render(isOpenMetrics?: boolean): Promise<{ readonly text: string; readonly contentType: string }>
}

/** Makes an empty registry; names get the prefix `picket_`. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const openMetrics = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>()
  openMetrics.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  const registers = [registry, openMetrics] as Registry[]
  const counters = new Map<string, Counter>()
  const gauges = new Map<string, Gauge>()
  return {
    count(name, help, by = 1, labels = {}) {
      let counter = counters.get(name)
      if (!counter) {
        const labelNames = Object.keys(labels)
        counter = new Counter({ name: `picket_${name}`, help, labelNames, registers })
        counters.set(name, counter)
      }
      counter.inc(labels, by)
    },
    async total(name) {
      const counted = await counters.get(name)?.get()
      return (counted?.values ?? []).reduce((sum, { value }) => sum + value, 0)
    },
    gauge(name, help, value, labels = {}) {
      let gauge = gauges.get(name)
      if (!gauge) {
        const labelNames = Object.keys(labels)
        gauge = new Gauge({ name: `picket_${name}`, help, labelNames, registers })
        gauges.set(name, gauge)
      }
      if (value === null) gauge.remove(labels)
      else gauge.set(labels, value)
    },
    async render(isOpenMetrics = false) {
      const chosen = isOpenMetrics ? openMetrics : registry
      return { text: await chosen.metrics(), contentType: chosen.contentType }
    },
  }
}
