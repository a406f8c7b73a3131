/** The bearer token of the HTTP server: made here, or read from a file that nobody else can read. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { constants, open } from "node:fs/promises";
import path from "node:path";
import { GantryError } from "gantry/errors";

const mostBytes = 4_096;
const fewestCharacters = 32;

/** 256 random bits. */
export function newToken(): string {
  return randomBytes(32).toString("base64url");
}

/** USAGE_INVALID: no such file, one that others can read, or no token in it. */
export async function readToken(name: string, cwd: string): Promise<string> {
  const file = path.resolve(cwd, name);
  const refuse = (why: string, cause?: unknown): GantryError =>
    new GantryError("USAGE_INVALID", `The token file ${file} ${why}`, cause === undefined ? {} : { cause });
  // A pipe that nobody writes to must not be waited for.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: Error) => {
    throw refuse(`cannot be read: ${cause.message}`, cause);
  });
  try {
    // Asked of what is open: what the name means may change in between.
    const stat = await handle.stat();
    if (!stat.isFile()) throw refuse("is not a file.");
    if ((stat.mode & 0o077) !== 0)
      throw refuse(`can be read by others (mode ${(stat.mode & 0o777).toString(8).padStart(4, "0")}): chmod 600 it.`);
    if (stat.size > mostBytes) throw refuse(`has ${stat.size} bytes; a token has at most ${mostBytes}.`);
    const token = (await handle.readFile("utf8")).trim();
    if (!/^[\x21-\x7e]+$/.test(token) || token.length < fewestCharacters)
      throw refuse(`must hold one word of at least ${fewestCharacters} printable characters, as openssl rand -hex 32 makes.`);
    return token;
  } finally {
    await handle.close();
  }
}

/** In a time that says nothing about how much of it is right. */
export function isToken(header: string | undefined, token: string): boolean {
  const given = /^Bearer +(\S+) *$/i.exec(header ?? "")?.[1];
  if (given === undefined) return false;
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
