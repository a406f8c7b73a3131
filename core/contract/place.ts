/** The place that a source of the config is, as fields of a ConfigProblem; undefined for a variable or a flag. */
export function placeIn(source: string): { file: string; line: number } | undefined {
  const [, file, line] = /^(.+):(\d+)$/s.exec(source) ?? [];
  return file === undefined ? undefined : { file, line: Number(line) };
}
