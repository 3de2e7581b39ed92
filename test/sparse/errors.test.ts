import { describe, expect, test } from 'vitest';
import {
  CountVectorizer,
  HashingVectorizer,
  SparseLinear,
  SparseMatrix,
  TfidfTransformer,
  TfidfVectorizer,
  nn,
  tensor,
} from '../../lib/index.js';
import { writeSafetensors, type StoredTensor } from '../../lib/io/safetensors.js';
import { temporaryFolder } from '../io/folder.js';

describe('vectorizers refuse', () => {
  const options: [string, () => unknown, string][] = [
    ['a misspelt option', () => new HashingVectorizer({ feature: 4 } as object), "did you mean 'features'?"],
    ['an unknown norm', () => new HashingVectorizer({ norm: 'max' } as object), "expected norm to be 'l1' or 'l2' or 'none'"],
    ['a tokenizer that is none', () => new CountVectorizer({ tokenize: 'x' } as object), 'expected tokenize to be a function'],
    [
      'n-grams of one number',
      () => new CountVectorizer({ ngrams: 2 } as object),
      'expected ngrams to be [shortest, longest], got 2',
    ],
    ['falling n-grams', () => new CountVectorizer({ ngrams: [2, 1] }), 'expected ngrams to be [shortest, longest], got [2, 1]'],
    ['an empty vocabulary', () => new CountVectorizer({ vocabulary: [] }), 'expected vocabulary to be a list of texts'],
    ['a feature twice', () => new CountVectorizer({ vocabulary: ['a', 'a'] }), 'a feature stands in the vocabulary twice'],
    [
      'stop words of a language',
      () => new CountVectorizer({ stopWords: 'english' }),
      'expected stopWords to be a list of texts, got "english"',
    ],
    ['what is no options', () => new TfidfVectorizer(JSON.parse('3') as object), 'expected options to be an object, got 3'],
  ];
  test.each(options)('%s', (_name, make, message) => {
    expect(make).toThrow(message);
  });

  test('what is no stream of texts', async () => {
    const vectorizer = new CountVectorizer();
    await expect(vectorizer.fitTransform('text')).rejects.toThrow('expected an array or a stream of texts, got "text"');
    await expect(vectorizer.fitTransform(['a', 3] as string[])).rejects.toThrow('expected texts, got 3 at 1');
  });

  test.each([[null], [[1, 2]]])('tokens that are %j', async (tokens: unknown) => {
    const vectorizer = new HashingVectorizer({ tokenize: () => tokens as string[] });
    await expect(vectorizer.transform(['a b'])).rejects.toThrow('[HashingVectorizer] expected tokenize to give texts, got');
  });

  test('weights that are not finite', async () => {
    const transformer = await new TfidfTransformer({ smooth: false }).fit(await SparseMatrix.fromDense([[1, 0]]));
    await expect(transformer.transform(await SparseMatrix.fromDense([[1, 1]]))).rejects.toThrow(
      '[TfidfTransformer] the weighted value of row 0, column 1 is not finite',
    );
  });

  test('to go on without having learnt', async () => {
    await expect(new CountVectorizer().transform(['ab'])).rejects.toThrow('no vocabulary has been learnt yet');
    await expect(new CountVectorizer().fitTransform(['a b'])).rejects.toThrow('no features are left of 0 in 1 documents');
    const counts = await SparseMatrix.fromDense([[1, 2]]);
    await expect(new TfidfTransformer().transform(counts)).rejects.toThrow('no frequencies have been learnt yet');
    const fitted = await new TfidfTransformer().fit(counts);
    await expect(fitted.transform(await SparseMatrix.fromDense([[1]]))).rejects.toThrow('expected 2 columns, got 1');
    const negative = await SparseMatrix.fromDense([[-1, 2]]);
    await expect(new TfidfTransformer({ sublinear: true }).fitTransform(negative)).rejects.toThrow('expected counts above 0');
  });

  test('nothing of a stream', async () => {
    async function* stream(): AsyncGenerator<string> {
      yield 'one two';
      await Promise.resolve();
      yield 'two';
    }
    const rows = await new HashingVectorizer({ features: 64 }).transform(stream());
    expect([rows.rows, rows.columns, rows.entries]).toEqual([2, 64, 3]);
  });
});

describe('files of other models are refused', () => {
  const folder = temporaryFolder();
  const weight: StoredTensor = { dtype: 'float32', shape: [1, 2], data: new Float32Array(2) };
  const scalars: StoredTensor = { dtype: 'float64', shape: [6], data: new Float64Array(6) };
  const about = (more: object): [string, string] => [
    'ravine.sparse-linear',
    JSON.stringify({ options: {}, classes: [0, 1], epoch: 1, ...more }),
  ];
  const cases: [string, Parameters<typeof writeSafetensors>[1], [string, string][], string][] = [
    [
      'no metadata',
      new Map<string, StoredTensor>([['weight', weight]]),
      [],
      'expected the metadata of SparseLinear, got undefined',
    ],
    [
      'no JSON',
      new Map<string, StoredTensor>([['weight', weight]]),
      [['ravine.sparse-linear', '{']],
      'expected the metadata of SparseLinear, got "{"',
    ],
    [
      'other classes',
      new Map<string, StoredTensor>([['weight', weight]]),
      [about({ classes: [{}] })],
      'expected the metadata of SparseLinear',
    ],
    ['no state', new Map<string, StoredTensor>([['weight', weight]]), [about({})], 'expected float64 state.scalars, got nothing'],
    [
      'three classes',
      new Map<string, StoredTensor>([
        ['weight', weight],
        ['state.scalars', scalars],
      ]),
      [about({ classes: [0, 1, 2] })],
      'its tensors do not fit 3 classes',
    ],
    [
      'no averages',
      new Map<string, StoredTensor>([
        ['weight', weight],
        ['state.scalars', scalars],
      ]),
      [about({ options: { average: true } })],
      'expected float32 state.weight, got nothing',
    ],
    [
      'averages of another size',
      new Map<string, StoredTensor>([
        ['weight', weight],
        ['state.scalars', scalars],
        ['state.weight', { dtype: 'float32', shape: [1], data: new Float32Array(1) }],
      ]),
      [about({ options: { average: true } })],
      'its state does not fit its weights',
    ],
  ];
  test.each(cases)('%s', async (name, tensors, metadata, message) => {
    const path = folder.path(name);
    await writeSafetensors(path, tensors, new Map(metadata));
    await expect(SparseLinear.load(path)).rejects.toThrow(message);
  });
});

test('a sparse layer takes its own dtype', () => {
  expect(() => nn.sparseLinear(4, 2).forward(tensor([[[1], [2]]], { dtype: 'float64' }))).toThrow(
    'expected float32, got float64[1,2,1]',
  );
});
