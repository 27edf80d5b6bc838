/** Five suites: unit tests side by side, the others one file at a time (they share ports and names). */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** `npm test` has ten minutes on two cores: what takes longest of the others is run by `npm run test:thorough`. */
const thorough = [
  'test/e2e/agent/agent-user.test.ts',
  'test/e2e/response/rescue.test.ts',
  'test/e2e/response/response-without-ipset.test.ts',
  'test/e2e/selftest.test.ts',
  'test/e2e/agent/service-manager.test.ts',
  'test/integration/fleet.test.ts',
  'test/integration/respond/respond-atomic.test.ts',
  'test/integration/respond/respond-scopes.test.ts',
  'test/integration/siem/soar-playbooks.test.ts',
  'test/integration/siem/soar-products.test.ts',
]

const oneAtATime = { fileParallelism: false, maxWorkers: 1 }

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/*.test.ts', 'test/unit/**/*.test.ts'],
          testTimeout: 20_000,
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          exclude: thorough,
          // A process a file: one that has opened and closed logs by the hundred, each with its threads, may end in V8.
          testTimeout: 30_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: thorough,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          ...oneAtATime,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'thorough',
          include: thorough,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          ...oneAtATime,
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          globalSetup: ['test/package/debian-base.ts'],
          testTimeout: 60_000,
          ...oneAtATime,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
})
