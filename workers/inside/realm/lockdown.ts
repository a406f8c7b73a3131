/** Freezes the intrinsics of this thread, before any other code of ours or a plugin's has run here. */
import "ses";

lockdown({
  errorTaming: "safe",
  evalTaming: "safe-eval",
  regExpTaming: "safe",
  localeTaming: "safe",
  domainTaming: "safe",
  consoleTaming: "unsafe",
  // What libraries assign to objects that inherit from frozen ones goes through.
  overrideTaming: "severe",
  // Ours reports them, as log frames.
  errorTrapping: "none",
  unhandledRejectionTrapping: "none",
  reporting: "none",
});

/** Freezes a value and all it reaches. */
export const hardened = harden;
