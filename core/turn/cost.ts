/** What tokens cost, from the price data set that is part of the build; nothing is fetched. */
import type { Usage } from "../contract/messages.ts";

/**
 * In US dollars; undefined for a model that the data does not know. `model` is `provider/name`. The first call loads the
 * data, some 50 ms: only where a cost is shown or limited.
 */
export async function costUsd(model: string, usage: Usage): Promise<number | undefined> {
  const slash = model.indexOf("/");
  if (slash <= 0) return undefined;
  const { calcPrice } = await import("@pydantic/genai-prices");
  const price = calcPrice(
    {
      // The data set counts cached tokens as a part of the input; a Usage does not.
      input_tokens: usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens,
      cache_read_tokens: usage.cacheReadTokens,
      cache_write_tokens: usage.cacheWriteTokens,
      output_tokens: usage.outputTokens,
    },
    model.slice(slash + 1),
    { providerId: model.slice(0, slash) },
  );
  return price?.total_price;
}
