// Loaded before a measured program, to say at its end how much memory it had at most. The process's
// resource usage would not do: it begins with what the parent had when it forked.
const { appendFileSync, readFileSync } = require('node:fs');

process.once('exit', () => {
  const status = readFileSync('/proc/self/status', 'utf8');
  appendFileSync(process.env.BENCH_MEMORY_FILE, `${/VmHWM:\s*(\d+)/u.exec(status)[1]}\n`);
});
