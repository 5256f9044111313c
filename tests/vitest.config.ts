import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    // Two cores are what CI has; most tests wait for real servers and child processes.
    maxWorkers: 3,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['tests/unit/**/*.test.ts'],
          // Loading every module once a worker, not once a file, saves half of the CPU.
          isolate: false,
          // A test in which no assertion runs cannot fail. (Tests at the same time share the count,
          // so this is not for the end-to-end tests.)
          expect: { requireAssertions: true },
          setupFiles: ['tests/support/leave-nothing.ts'],
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/unit/**'],
          // Builds the programs, once for all files.
          globalSetup: ['tests/support/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
