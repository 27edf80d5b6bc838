/** A process' service unit and container, from the path of its control group. */

export interface CgroupPlace {
  /** `ssh.service`, `session-3.scope`; null outside systemd. */
  readonly unit: string | null
  /** The container's id, 64 hexadecimal digits; null outside one. */
  readonly container: string | null
}

/** systemd's limit for the name of a unit. */
const LONGEST_UNIT = 255

/**
 * Reads /proc/PID/cgroup: the unified hierarchy's path, or that of systemd's own in version 1.
 *
 * Source: cgroups(7); systemd.unit(5) for the names; Docker, containerd, CRI-O and Podman end the path of a
 * container in its id, with or without a prefix.
 */
export function placeOf(cgroupFile: string): CgroupPlace {
  const lines = cgroupFile.split('\n')
  const pathOf = (start: RegExp): string => lines.find((line) => start.test(line)) ?? ''
  const paths = [pathOf(/^0::/), pathOf(/^\d+:name=systemd:/)]
  const places = paths.map((line) => placeOfPath(line.slice(line.indexOf('/'))))
  // The version 1 lines of other controllers name the container where there is no systemd.
  const container = lines.map(containerOf).find((id) => id !== null) ?? null
  return { unit: places.find(({ unit }) => unit !== null)?.unit ?? null, container }
}

/** Reads one path of a control group: `/system.slice/ssh.service`. */
export function placeOfPath(path: string): CgroupPlace {
  const units = path.split('/').filter((part) => /^[\w:.\\@-]+\.(service|scope)$/.test(part))
  const unit = units.at(-1) ?? null
  return {
    unit: unit !== null && unit.length <= LONGEST_UNIT ? unit : null,
    container: containerOf(path),
  }
}

function containerOf(path: string): string | null {
  return /(?:^|[/:-])([0-9a-f]{64})(?:\.scope)?(?:$|\/)/.exec(path)?.[1] ?? null
}
