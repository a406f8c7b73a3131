/** Values that a matcher may name by the public format and that Gantry never gives, by the field that is compared. */
export const publicValues: Readonly<Record<string, readonly string[]>> = {
  "SessionStart source": ["clear", "compact", "fork"],
  "SessionEnd reason": ["clear", "resume", "logout", "prompt_input_exit", "bypass_permissions_disabled"],
  "Notification notification_type": ["idle_prompt", "auth_success", "elicitation_dialog"],
  "ConfigChange source": ["skills"],
  "StopFailure error": ["billing_error"],
  "InstructionsLoaded load_reason": ["nested_traversal", "path_glob_match", "include", "compact"],
};
