import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What the compiler says, and the source that it points at. */
export interface Finding {
  readonly text: string;
  readonly snippet: string;
  readonly line: number;
}

/** `// expect-error: text @ snippet` before a statement: the compiler points at `snippet` in it and says `text`. */
export interface Expectation extends Finding {
  readonly lastLine: number;
}

/** Writes the library's declarations into a fresh folder, as `npm run build` does, and returns the entry. */
export function emitDeclarations(): string {
  const outDir = mkdtempSync(join(tmpdir(), 'declarations-'));
  const config = readConfig(join(root, 'tsconfig.build.json'));
  const options: ts.CompilerOptions = { ...config.options, outDir, emitDeclarationOnly: true, noEmit: false };
  const { emitSkipped } = ts.createProgram(config.fileNames, options).emit();
  if (emitSkipped) throw new Error('no declarations were written');
  return join(outDir, 'index.d.ts');
}

function readConfig(path: string): ts.ParsedCommandLine {
  const read = ts.readConfigFile(path, (file) => ts.sys.readFile(file));
  const config: unknown = read.config;
  const { error } = read;
  if (error) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, '\n'));
  return ts.parseJsonConfigFileContent(config, ts.sys, dirname(path));
}

export interface Diagnosis {
  /** Findings and expectations by file. */
  readonly programs: ReadonlyMap<string, { readonly found: readonly Finding[]; readonly expected: readonly Expectation[] }>;
  /** What is wrong with the declarations themselves. */
  readonly declarations: readonly string[];
}

/** Compiles programs strictly against declarations. */
export function diagnose(files: readonly string[], declarations: string): Diagnosis {
  const options: ts.CompilerOptions = {
    ...readConfig(join(root, 'tsconfig.json')).options,
    noEmit: true,
    // As many programs have it: what else declarations need they bring.
    lib: ['lib.es2022.d.ts'],
    noUnusedLocals: false,
    noUnusedParameters: false,
    skipLibCheck: false,
    paths: { ravine: [declarations] },
  };
  const program = ts.createProgram([...files], options);
  const findingsIn = (source: ts.SourceFile): Finding[] =>
    [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map((diagnostic) =>
      findingOf(source, diagnostic),
    );
  const own = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(dirname(declarations)));
  if (own.length === 0) throw new Error('no program uses the declarations');
  return {
    programs: new Map(
      files.map((file) => {
        const source = program.getSourceFile(file);
        if (!source) throw new Error(`${file} is missing`);
        return [file, { found: findingsIn(source), expected: expectationsOf(source) }];
      }),
    ),
    declarations: own.flatMap((source) => findingsIn(source).map(({ text, line }) => `${source.fileName}:${line}: ${text}`)),
  };
}

function findingOf(source: ts.SourceFile, { messageText, start = 0, length = 0 }: ts.Diagnostic): Finding {
  const text = ts.flattenDiagnosticMessageText(messageText, '\n');
  return { text, snippet: source.text.slice(start, start + length), line: source.getLineAndCharacterOfPosition(start).line + 1 };
}

function expectationsOf(source: ts.SourceFile): Expectation[] {
  const lineOf = (position: number): number => source.getLineAndCharacterOfPosition(position).line + 1;
  return readFileSync(source.fileName, 'utf8')
    .split('\n')
    .flatMap((content, i) => {
      const match = /^\s*\/\/ expect-error: (.*) @ (.*)$/.exec(content);
      if (!match) return [];
      const line = i + 1;
      const statement = source.statements.find((candidate) => lineOf(candidate.getStart(source)) > line);
      return [{ text: match[1] ?? '', snippet: match[2] ?? '', line, lastLine: statement ? lineOf(statement.end) : line }];
    });
}
