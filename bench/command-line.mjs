// Options of the benches: what is unknown or no number is said, with the usage, and ends with 2.

import { parseArgs } from 'node:util';

/** As `parseArgs`; options whose names are in `counts` have to be positive integers, and are given as such. */
export function commandLine(usage, options, counts = []) {
  let parsed;
  try {
    parsed = parseArgs({ allowPositionals: true, options: { ...options, help: { type: 'boolean', short: 'h' } } });
  } catch (error) {
    fail(usage, error.message.split('. ')[0]);
  }
  const { values, positionals } = parsed;
  if (values.help) {
    console.log(`usage: ${usage}`);
    process.exit(0);
  }
  const numbers = counts.filter((name) => values[name] !== undefined).map((name) => [name, Number(values[name])]);
  const wrong = numbers.find(([, number]) => !Number.isSafeInteger(number) || number < 1);
  if (wrong) fail(usage, `--${wrong[0]} takes an integer of at least 1, got '${values[wrong[0]]}'`);
  return { values: { ...values, ...Object.fromEntries(numbers) }, positionals };
}

export function fail(usage, message) {
  console.error(`${message}\nusage: ${usage}`);
  process.exit(2);
}
