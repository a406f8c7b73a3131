/** Progress of one request, for a client that gave a token: so many lines a second, and so many in all. */
import type { Extra } from "./connection.ts";

const mostLines = 2_000;
const mostEachSecond = 50;
const longestLine = 1_000;

export function createProgress({ _meta, sendNotification }: Extra): (text: string) => void {
  const progressToken = _meta?.progressToken;
  if (progressToken === undefined) return () => undefined;
  let progress = 0;
  let second = 0;
  let inSecond = 0;
  return (text) => {
    const now = Math.floor(Date.now() / 1_000);
    if (now !== second) [second, inSecond] = [now, 0];
    if (progress >= mostLines || inSecond >= mostEachSecond) return;
    inSecond++;
    progress++;
    const message = text.slice(0, longestLine);
    void sendNotification({ method: "notifications/progress", params: { progressToken, progress, message } }).catch(
      () => undefined,
    );
  };
}
