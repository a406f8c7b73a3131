/** Text that came from a config or a command line, shown without what could steer a terminal. */

export function clean(text: string): string {
  return text.replace(/(?![\n\t])[\p{Cc}\p{Cf}]/gu, (letter) => `\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`);
}

/** `X by the rule Y (file:line)`: who decided, where it is written. */
export function decider({ kind, name, source }: { kind: string; name: string; source?: string }): string {
  const place = source === undefined || source === name ? "" : ` (${source})`;
  return kind === "default" ? `by default: ${name}` : `by the ${kind} ${name}${place}`;
}

/** `file:line: `, or what is known of that. */
export function placeOf({ file, line }: { file?: string; line?: number }): string {
  return file === undefined ? "" : `${file}${line === undefined ? "" : `:${line}`}: `;
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
