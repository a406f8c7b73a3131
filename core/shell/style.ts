/** What a stream can show, and colour for it. NO_COLOR, FORCE_COLOR, TERM=dumb and CI are honoured here and nowhere else. */

type Paint = (text: string) => string;

export interface Style {
  readonly color: boolean;
  bold: Paint;
  dim: Paint;
  italic: Paint;
  underline: Paint;
  strike: Paint;
  red: Paint;
  green: Paint;
  yellow: Paint;
  blue: Paint;
  magenta: Paint;
  cyan: Paint;
}

export interface OutputStream {
  write(text: string, done?: (error?: Error | null) => void): boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
  isTTY?: boolean;
  columns?: number;
}

export interface Terminal {
  isTerminal: boolean;
  color: boolean;
  columns: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const defaultColumns = 80;
const narrowest = 20;

/** What `stream` is, as commands and renderers see it. Without a terminal, 80 columns. */
export function describeTerminal(stream: OutputStream, env: Environment): Terminal {
  const isTerminal = stream.isTTY === true;
  const columns = isTerminal && stream.columns ? stream.columns : Number(env["COLUMNS"]) || defaultColumns;
  return { isTerminal, color: wantsColor(isTerminal, env), columns: Math.max(narrowest, columns) };
}

function wantsColor(isTerminal: boolean, env: Environment): boolean {
  if (env["NO_COLOR"]) return false;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return isTerminal && env["TERM"] !== "dumb";
}

export function createStyle(color: boolean): Style {
  const paint = (open: number, close: number): Paint =>
    color ? (text) => (text === "" ? "" : `\u001b[${open}m${text}\u001b[${close}m`) : (text) => text;
  return {
    color,
    bold: paint(1, 22),
    dim: paint(2, 22),
    italic: paint(3, 23),
    underline: paint(4, 24),
    strike: paint(9, 29),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    blue: paint(34, 39),
    magenta: paint(35, 39),
    cyan: paint(36, 39),
  };
}
