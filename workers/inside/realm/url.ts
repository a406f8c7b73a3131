/** URL and URLSearchParams of the realm's own, around the platform's parser: only texts go in and out. */

import { cleanly } from "./cleanly.ts";

const PlatformUrl = URL;
const PlatformParams = URLSearchParams;

function parsedUrl(text: unknown, base: unknown): URL {
  const [given, from] = [String(text), base === undefined ? undefined : String(base)];
  const url = cleanly(() => PlatformUrl.parse(given, from));
  if (url === null) throw new TypeError(`Invalid URL: ${given.slice(0, 200)}`);
  return url;
}

/** Set while a URL makes the list that belongs to it. */
let owned: URLSearchParams | undefined;

export class RealmUrlSearchParams {
  readonly #params: URLSearchParams;

  constructor(init: string | Iterable<readonly [string, string]> | Record<string, string> = "") {
    const texts = owned === undefined ? asTexts(init) : "";
    this.#params = owned ?? cleanly(() => new PlatformParams(texts));
  }

  get size(): number {
    return this.#params.size;
  }

  append(name: string, value: string): void {
    this.#with([name, value], (params, [key, text]) => params.append(key, text));
  }

  delete(name: string, value?: string): void {
    if (value === undefined) this.#with([name], (params, [key]) => params.delete(key));
    else this.#with([name, value], (params, [key, text]) => params.delete(key, text));
  }

  get(name: string): string | null {
    return this.#with([name], (params, [key]) => params.get(key));
  }

  getAll(name: string): string[] {
    return [...this.#with([name], (params, [key]) => params.getAll(key))];
  }

  has(name: string, value?: string): boolean {
    if (value === undefined) return this.#with([name], (params, [key]) => params.has(key));
    return this.#with([name, value], (params, [key, text]) => params.has(key, text));
  }

  set(name: string, value: string): void {
    this.#with([name, value], (params, [key, text]) => params.set(key, text));
  }

  sort(): void {
    this.#with([], (params) => params.sort());
  }

  /** The plugin's own conversions run first, then the platform with texts alone. */
  #with<Result>(values: readonly unknown[], work: (params: URLSearchParams, texts: [string, string]) => Result): Result {
    const texts = values.map(String) as [string, string];
    return cleanly(() => work(this.#params, texts));
  }

  forEach(callback: (value: string, name: string, params: RealmUrlSearchParams) => void, self?: unknown): void {
    for (const [name, value] of this.#pairs()) Reflect.apply(callback, self, [value, name, this]);
  }

  *entries(): Generator<[string, string]> {
    yield* this.#pairs();
  }

  *keys(): Generator<string> {
    for (const [name] of this.#pairs()) yield name;
  }

  *values(): Generator<string> {
    for (const [, value] of this.#pairs()) yield value;
  }

  [Symbol.iterator](): Generator<[string, string]> {
    return this.entries();
  }

  toString(): string {
    return cleanly(() => this.#params.toString());
  }

  /** Arrays of ours: the platform's iterator shares its prototype with the process. */
  #pairs(): [string, string][] {
    const pairs: [string, string][] = [];
    this.#params.forEach((value, name) => {
      pairs.push([name, value]);
    });
    return pairs;
  }
}

function asTexts(init: unknown): string | [string, string][] {
  if (typeof init !== "object" || init === null) return String(init);
  if (Symbol.iterator in init)
    return Array.from(init as Iterable<readonly unknown[]>, (pair): [string, string] => {
      const [name, value, more] = [...pair];
      if (pair === undefined || more !== undefined) throw new TypeError("Each pair is a name and a value.");
      return [String(name), String(value)];
    });
  return Object.entries(init).map(([name, value]) => [name, String(value)]);
}

export class RealmUrl {
  readonly #url: URL;
  readonly #params: RealmUrlSearchParams;

  constructor(text: string, base?: string) {
    this.#url = parsedUrl(text, base);
    owned = this.#url.searchParams;
    try {
      this.#params = new RealmUrlSearchParams();
    } finally {
      owned = undefined;
    }
  }

  static canParse(text: string, base?: string): boolean {
    const [given, from] = [String(text), base === undefined ? undefined : String(base)];
    return cleanly(() => PlatformUrl.canParse(given, from));
  }

  static parse(text: string, base?: string): RealmUrl | null {
    return RealmUrl.canParse(text, base) ? new RealmUrl(text, base) : null;
  }

  get searchParams(): RealmUrlSearchParams {
    return this.#params;
  }

  get origin(): string {
    return this.#url.origin;
  }

  toString(): string {
    return this.#url.href;
  }

  toJSON(): string {
    return this.#url.href;
  }

  static {
    const parts = [
      "href",
      "protocol",
      "username",
      "password",
      "host",
      "hostname",
      "port",
      "pathname",
      "search",
      "hash",
    ] as const;
    for (const part of parts)
      Object.defineProperty(RealmUrl.prototype, part, {
        configurable: true,
        enumerable: true,
        get(this: RealmUrl) {
          return this.#url[part];
        },
        set(this: RealmUrl, value: unknown) {
          const text = String(value);
          if (part === "href" && !PlatformUrl.canParse(text)) throw new TypeError(`Invalid URL: ${text.slice(0, 200)}`);
          cleanly(() => {
            this.#url[part] = text;
          });
        },
      });
  }
}
