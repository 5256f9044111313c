import { availableParallelism, cpus, totalmem } from 'node:os';

/** Where and when the figures were measured, without the machine's name. */
export interface Machine {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly cores: number;
  readonly processor: string;
  readonly memoryGibibytes: number;
  readonly node: string;
  readonly server: string;
}

export function describeMachine(server: string): Machine {
  return {
    date: new Date().toISOString().slice(0, 10),
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? process.arch,
    memoryGibibytes: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    server,
  };
}
