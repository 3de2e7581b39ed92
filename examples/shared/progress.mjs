// Progress of a fit: a live bar on a terminal, one line an epoch elsewhere.

const barWidth = 24;

/** Callbacks for `fit`. */
export function progressReport(stream = process.stdout) {
  return {
    onProgress: stream.isTTY ? (progress) => stream.write(`\r${bar(progress)}\x1b[K`) : undefined,
    onEpochEnd({ epoch, epochs, logs }) {
      const line = `epoch ${epoch}/${epochs}  ${formatLogs(logs)}`;
      stream.write(stream.isTTY ? `\r${line}\x1b[K\n` : `${line}\n`);
    },
  };
}

function bar({ epoch, epochs, batch, batches, logs, samplesPerSecond }) {
  const filled = Math.round((batch / batches) * barWidth);
  const rate = `${Math.round(samplesPerSecond).toLocaleString('en')} samples/s`;
  return `epoch ${epoch}/${epochs} ${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${batch}/${batches}  ${formatLogs(logs)}  ${rate}`;
}

function formatLogs(logs) {
  return Object.entries(logs)
    .map(([name, value]) => `${name} ${value !== 0 && Math.abs(value) < 0.001 ? value.toExponential(1) : value.toFixed(4)}`)
    .join('  ');
}
