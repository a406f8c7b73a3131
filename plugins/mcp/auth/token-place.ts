/**
 * Where one server's record is: in a file, or in the keychain, and then a file without secrets says so. A server that nobody
 * has logged in to has no file, and the keychain is not asked (its library takes 200 ms to load, and it may ask its user).
 */
import { Fault } from "../thread/fault.ts";
import type { Keychain } from "./keychain.ts";
import { codeOfSystem } from "./system-errors.ts";
import { readPrivateFile, removeFile, writePrivateFile } from "./token-files.ts";
import { parseRecord, type TokenRecord } from "./token-record.ts";

export interface TokenPlace {
  /** What cannot be used is told, without a word of it, and counts as none. */
  read(): Promise<TokenRecord | undefined>;
  /** Secrets stay where they were before; new ones go to the keychain where that works. MCP_LOGIN_FAILED. */
  write(record: TokenRecord): Promise<void>;
  /** Whether there was one. */
  remove(): Promise<boolean>;
}

export interface PlaceOptions {
  /** Of the keychain. */
  account: string;
  path: string;
  server: string;
  url: URL;
  onProblem(problem: string): void;
  keychain: FallibleKeychain | undefined;
}

/** A keychain that has failed once is not tried again, and told once. */
export interface FallibleKeychain {
  attempt<T>(call: (keychain: Keychain) => Promise<T>, onProblem: (problem: string) => void): Promise<T | undefined>;
}

export function withFallback(keychain: Keychain): FallibleKeychain {
  let hasFailed = false;
  return {
    attempt: async (call, onProblem) => {
      if (hasFailed) return undefined;
      try {
        return await call(keychain);
      } catch (error) {
        // Its own words are not passed on: what was to be stored is near them.
        if (!hasFailed)
          onProblem(`the system's keychain cannot be used (${codeOfSystem(error)}); logins are kept in files of mode 0600`);
        hasFailed = true;
        return undefined;
      }
    },
  };
}

const marker = `${JSON.stringify({ version: 1, isInKeychain: true })}\n`;

export function placeOf(options: PlaceOptions): TokenPlace {
  const { account, path, server, onProblem, keychain } = options;
  return {
    read: async () => {
      const text = await readFileOf(options);
      if (text !== marker) return usable(text, options);
      if (keychain === undefined) onProblem("its login is in the system's keychain, which is not used now");
      return usable(await keychain?.attempt((it) => it.read(account), onProblem), options);
    },
    write: async (record) => {
      const text = `${JSON.stringify(record)}\n`;
      const before = await readFileOf(options);
      const isForKeychain = before === marker || (hasSecrets(record) && !isFiled(before, options));
      const isKept = isForKeychain && (await keychain?.attempt((it) => it.write(account, text).then(() => true), onProblem));
      try {
        await writePrivateFile(path, isKept === true ? marker : text);
      } catch (error) {
        const why = codeOfSystem(error);
        throw new Fault("MCP_LOGIN_FAILED", `The server ${server}: the tokens cannot be kept in ${path} (${why})`);
      }
    },
    remove: async () => {
      if ((await readFileOf(options)) === marker) await keychain?.attempt((it) => it.remove(account), onProblem);
      return await removeFile(path);
    },
  };
}

function hasSecrets({ tokens, client }: TokenRecord): boolean {
  return tokens !== undefined || client?.client_secret !== undefined;
}

function isFiled(text: string | undefined, { server, url }: PlaceOptions): boolean {
  const record = text === undefined ? undefined : parseRecord(text, server, url);
  return record !== undefined && !("unusable" in record) && hasSecrets(record);
}

function usable(text: string | undefined, { server, url, path, onProblem }: PlaceOptions): TokenRecord | undefined {
  if (text === undefined) return undefined;
  const record = parseRecord(text, server, url);
  if (!("unusable" in record)) return record;
  onProblem(`the stored login (${path}) is not used: ${record.unusable}`);
  return undefined;
}

async function readFileOf({ path, onProblem }: PlaceOptions): Promise<string | undefined> {
  try {
    return await readPrivateFile(path);
  } catch (error) {
    onProblem(`the token file ${path} is not used: ${error instanceof Error ? error.message : "it cannot be read"}`);
    return undefined;
  }
}
