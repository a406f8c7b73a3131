/** Names of variables and settings that say that their value is a credential: NPM_TOKEN, AWS_SECRET_ACCESS_KEY, PGPASSWORD, X_AUTH. */
const secretName = /(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|COOKIE|AUTH)S?_?\d*$/i;

/** The one test for all that keeps secrets: what shells inherit, what results may hold, what `config show` prints. */
export function namesSecret(name: string): boolean {
  return secretName.test(name);
}
