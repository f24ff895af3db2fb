/** What pages in Markdown say that can be held against the checkout: links, headings, commands, paths. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const leftOut = new Set(['node_modules', '.git', 'runs']);

/** Paths, relative to `root`, of every page that ends with `.md`. */
export function pagesIn(root: string, folder = root): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return leftOut.has(relative(root, path)) ? [] : pagesIn(root, path);
    return entry.name.endsWith('.md') ? [relative(root, path)] : [];
  });
}

export const readPage = (root: string, page: string): string => readFileSync(join(root, page), 'utf8');

const fence = /^```(\w*)\n([\s\S]*?)^```/gm;
const inline = /`([^`\n]+)`/g;

/** Targets of links and of pictures, without those in code. */
export function linksIn(text: string): string[] {
  const prose = text.replace(fence, '').replace(inline, '`code`');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
}

/** The anchors of a page's headings, as GitHub names them. */
export function anchorsIn(text: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = [...text.replace(fence, '').matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading]) => {
    const slug = heading!
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    return before === 0 ? slug : `${slug}-${before}`;
  });
  return new Set(anchors);
}

/** The lines of blocks of shell, continued ones as one. */
export const shellLinesIn = (text: string): string[] =>
  [...text.matchAll(fence)]
    .filter(([, language]) => language === 'sh')
    .flatMap(([, , code]) => code!.replace(/\\\n\s*/g, '').split('\n'));

/** What stands in backquotes within a line. */
export const inlineCodeIn = (text: string): string[] =>
  [...text.replace(fence, '').matchAll(inline)].map(([, code]) => code!);

const calls = /^(?:counterflow|npm start(?: --silent)? --) +(.*)$/;

export interface Call {
  readonly words: readonly string[];
  /** It stands in a sentence, where a command may be named without what it needs. */
  readonly mention: boolean;
}

/** Each call of the tool, in blocks of shell and between backquotes. ARGS stands for any. */
export function callsIn(text: string): Call[] {
  const called = (lines: readonly string[], mention: boolean): Call[] =>
    lines.flatMap((line) => {
      const words = wordsOf(calls.exec(line.trim())?.[1] ?? '');
      return words.length > 0 && words[0] !== 'ARGS' ? [{ words, mention }] : [];
    });
  return [...called(shellLinesIn(text), false), ...called(inlineCodeIn(text), true)];
}

/** The words of a simple command of the shell, up to a comment, a pipe, a redirection or its end. */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < line.length; at++) {
    const letter = line[at]!;
    if (letter === "'" || letter === '"') {
      const end = line.indexOf(letter, at + 1);
      if (end < 0) throw new Error(`Expected a closing ${letter} in ${JSON.stringify(line)}; add it.`);
      word = (word ?? '') + line.slice(at + 1, end);
      at = end;
    } else if (letter === ' ') {
      if (word !== null) words.push(word);
      word = null;
    } else if ('|>;&'.includes(letter) || (letter === '#' && word === null)) break;
    else word = (word ?? '') + letter;
  }
  return word === null ? words : [...words, word];
}
