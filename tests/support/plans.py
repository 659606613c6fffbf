"""Plans and responses that tests of the planner share."""

from data_process.compression import scaffold
from data_process.intents import MAX_PLAN, intent, render_plan

RIDE, WEATHER = intent("tool_1", "当前位置", "订单目的地"), intent("tool_9")
FOOD, SHOPS = (intent("tool_5", "当前位置", "附近", tag) for tag in ("美食", "购物"))


def response(encoder, mode, plan, steps=None) -> list[int]:
    """The ids of any plan, valid or not, as a checkpoint of this mode writes them; picd with the scaffold of so many
    steps, by default of the plan's."""
    ids = [*encoder.text(render_plan(plan)), encoder.end]
    if mode == "direct_sft":
        return ids
    if mode == "cot_sft":
        return [encoder.open, *encoder.text("<CONTEXT>因为…</CONTEXT>"), encoder.close, *ids]
    latents = scaffold(min(len(plan), MAX_PLAN) if steps is None else steps)
    return [encoder.open, *encoder.tokenizer.convert_tokens_to_ids(latents), encoder.close, *ids]
