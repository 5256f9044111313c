// Required before a measured program: says at its end how much memory it had at most. Not its
// resource usage, which begins with what the parent had when it forked.
const { appendFileSync, readFileSync } = require('node:fs');

process.once('exit', () => {
  const status = readFileSync('/proc/self/status', 'utf8');
  appendFileSync(process.env.BENCH_MEMORY_FILE, `${/VmHWM:\s*(\d+)/u.exec(status)[1]}\n`);
});
