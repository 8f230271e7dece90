import path from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: path.join(import.meta.dirname, '..'),
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', 'data/**', 'map-ui/dist/**'],
    // Two cores: more workers than that make time-outs, not speed.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
