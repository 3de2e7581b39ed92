// Command lines of the examples: numbers and folders by name, --help, and errors that say what was wrong.

import { parseArgs } from 'node:util';

const checks = {
  count: { wanted: 'an integer of at least 1', holds: (number) => Number.isSafeInteger(number) && number >= 1 },
  seed: { wanted: 'an integer of at least 0', holds: (number) => Number.isSafeInteger(number) && number >= 0 },
  positive: { wanted: 'a positive number', holds: (number) => Number.isFinite(number) && number > 0 },
};

/**
 * `options`: { name: { value: default, about: text, check?: 'count' | 'seed' | 'positive' | 'folder' } }. Gives numbers, and folders as texts, by name.
 * Prints the usage and ends on --help; says what is wrong and ends with 2 on anything unknown.
 */
export function numbersFromCommandLine(usage, options) {
  const known = Object.fromEntries(Object.keys(options).map((name) => [name, { type: 'string' }]));
  let values;
  try {
    ({ values } = parseArgs({ options: { ...known, help: { type: 'boolean', short: 'h' } } }));
  } catch (error) {
    fail(error.message.split('. ')[0], usage, options);
  }
  if (values.help) {
    console.log(describe(usage, options));
    process.exit(0);
  }
  const numbers = Object.entries(options).map(([name, { value, check = 'count' }]) => {
    if (check === 'folder') return [name, values[name] ?? value];
    const number = values[name] === undefined ? value : Number(values[name]);
    const valid = number === undefined || checks[check].holds(number);
    const wanted = checks[check].wanted;
    if (!valid) fail(`--${name} takes ${wanted}, got '${values[name]}'`, usage, options);
    return [name, number];
  });
  return Object.fromEntries(numbers);
}

function describe(usage, options) {
  const rows = Object.entries(options).map(
    ([name, { value, about }]) => `  --${name.padEnd(16)} ${about}${value === undefined ? '' : ` (${value})`}`,
  );
  return `usage: ${usage} [options]\n${rows.join('\n')}`;
}

function fail(message, usage, options) {
  console.error(`${message}\n${describe(usage, options)}`);
  process.exit(2);
}
