/** Node 20 starts workers and children from JavaScript only: this names the built file of a module. */
import { fileURLToPath } from 'node:url'

/**
 * Returns the path of the built JavaScript for `relativeName`, seen from the module at `moduleUrl`.
 *
 * From `src` (tests run the sources through vitest) the path points into `dist`, which `npm test`
 * builds first.
 */
export function builtModule(moduleUrl: string, relativeName: string): string {
  const path = fileURLToPath(new URL(relativeName, moduleUrl))
  return path.replace(/\.ts$/, '.js').replace(/\/src\/(?!.*\/src\/)/, '/dist/')
}
