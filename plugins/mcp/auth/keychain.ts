/** The system's keychain, where there is one: loaded with the first use, each call bounded, any failure an error. */

export interface Keychain {
  read(account: string): Promise<string | undefined>;
  write(account: string, text: string): Promise<void>;
  /** Whether there was one. */
  remove(account: string): Promise<boolean>;
}

const service = "gantry-mcp";
/** A locked keychain may ask its user first; longer than this, files are used. */
const waitMs = 10_000;

export function openKeychain(): Keychain {
  const entry = async (account: string) => {
    const { AsyncEntry } = await import("@napi-rs/keyring");
    // The kernel's keyring, its other store on Linux, forgets at the end of the login session: a file is better than that.
    return new AsyncEntry(service, account, { linux: { store: "secret-service" } });
  };
  return {
    read: async (account) => (await bounded(entry(account).then((it) => it.getPassword()))) ?? undefined,
    write: (account, text) => bounded(entry(account).then((it) => it.setPassword(text))),
    remove: (account) => bounded(entry(account).then((it) => it.deletePassword())),
  };
}

/** The native call itself cannot be taken back; it ends unheard. */
async function bounded<T>(call: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the keychain has not answered for ${waitMs / 1000} s`)), waitMs);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
}
