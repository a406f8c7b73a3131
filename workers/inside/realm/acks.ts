/** "I have it", for calls that outlive the turn of the loop they came in; one that ends within it says so by its end. */

export interface Acks {
  /** A call has come, perhaps not yet with all its parts. */
  came(callId: number): void;
  ended(callId: number): void;
}

export function createAcks(send: (callId: number) => void): Acks {
  const owed = new Set<number>();
  let isDue = false;

  const sendAll = (): void => {
    isDue = false;
    for (const callId of owed) send(callId);
    owed.clear();
  };
  return {
    came(callId) {
      owed.add(callId);
      if (isDue) return;
      isDue = true;
      setImmediate(sendAll);
    },
    ended: (callId) => void owed.delete(callId),
  };
}
