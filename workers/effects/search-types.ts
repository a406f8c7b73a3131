/** The file types that the search without ripgrep knows, by ripgrep's names. */
import { GantryError } from "../../core/contract/errors.ts";

const endings: Record<string, string> = {
  c: "c h",
  cpp: "cpp cc cxx hpp hh hxx h inl",
  cs: "cs",
  css: "css scss",
  dart: "dart",
  elixir: "ex exs eex heex",
  go: "go",
  haskell: "hs lhs",
  html: "html htm",
  java: "java jsp",
  js: "js jsx mjs cjs vue",
  json: "json",
  kotlin: "kt kts",
  lua: "lua",
  markdown: "md markdown mdx mdown mkd",
  md: "md markdown mdx mdown mkd",
  perl: "pl pm t",
  php: "php",
  py: "py pyi",
  python: "py pyi",
  ruby: "rb gemspec",
  rust: "rs",
  scala: "scala sbt",
  sh: "sh bash zsh ksh",
  sql: "sql psql",
  svelte: "svelte",
  swift: "swift",
  toml: "toml",
  ts: "ts tsx mts cts",
  typescript: "ts tsx mts cts",
  txt: "txt",
  vue: "vue",
  xml: "xml xsd xslt",
  yaml: "yaml yml",
};

/** A test for paths of this type. PATTERN_INVALID names the types there are. */
export function endingsOf(type: string): RegExp {
  const known = Object.hasOwn(endings, type) ? endings[type] : undefined;
  if (known === undefined) {
    throw new GantryError("PATTERN_INVALID", `unrecognized file type: ${type}; there are ${Object.keys(endings).join(", ")}`);
  }
  return new RegExp(`\\.(?:${known.split(" ").join("|")})$`);
}
