"""Reference for main/inference/chat: templates of our own, each with what one family's templates use, rendered by
transformers' apply_chat_template.

Prints main/inference/chat/testing/chat-templates.json. Requests are kept as text, for the numbers and the order of keys
in them. Usage: python chat_templates.py > main/inference/chat/testing/chat-templates.json
"""
import datetime
import json
import sys

import transformers
from transformers.utils import chat_template_utils

NOW = datetime.datetime(2026, 3, 7, 4, 5, 9)


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return NOW


chat_template_utils.datetime = Clock

TEMPLATES = {
    "chatml": """{% for message in messages %}
{% if loop.first and message['role'] != 'system' %}{{ '<|im_start|>system\\nBe brief.<|im_end|>\\n' }}{% endif %}
{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}
{% endfor %}
{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}""",
    "llama-3": """{{- bos_token }}
{%- if not date_string is defined %}{%- set date_string = strftime_now("%d %b %Y") %}{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content'] | trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if tools is not none %}
    {{- "Environment: ipython\\n" }}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {{- "\\n\\n" }}
    {%- endfor %}
{%- endif %}
{{- "Today Date: " + date_string + "\\n\\n" + system_message + "<|eot_id|>" }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}
            {{- raise_exception("One call at a time!") }}
        {%- endif %}
        {%- set tool_call = message.tool_calls[0].function %}
        {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
        {{- '{"name": "' + tool_call.name + '", "parameters": ' }}
        {{- tool_call.arguments | tojson }}
        {{- "}<|eot_id|>" }}
    {%- else %}
        {{- "<|start_header_id|>ipython<|end_header_id|>\\n\\n" }}
        {%- if message.content is mapping or (message.content is iterable and message.content is not string) %}
            {{- message.content | tojson }}
        {%- else %}
            {{- message.content }}
        {%- endif %}
        {{- "<|eot_id|>" }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}""",
    "mistral": """{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}
{%- set ns = namespace(index=0) %}
{%- for message in loop_messages %}
    {%- if not (message.role == "tool" or (message.tool_calls is defined and message.tool_calls is not none)) %}
        {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
            {{- raise_exception("Roles must alternate user/assistant/user/assistant/...") }}
        {%- endif %}
        {%- set ns.index = ns.index + 1 %}
    {%- endif %}
{%- endfor %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if tools is not none and (message == user_messages[-1]) %}
            {{- "[AVAILABLE_TOOLS] [" }}
            {%- for tool in tools %}
                {%- set tool = tool.function %}
                {{- '{"type": "function", "function": {' }}
                {%- for key, val in tool.items() if key != "return" %}
                    {%- if val is string %}
                        {{- '"' + key + '": "' + val + '"' }}
                    {%- else %}
                        {{- '"' + key + '": ' + val|tojson }}
                    {%- endif %}
                    {%- if not loop.last %}{{- ", " }}{%- endif %}
                {%- endfor %}
                {{- "}}" }}
                {%- if not loop.last %}{{- ", " }}{%- else %}{{- "]" }}{%- endif %}
            {%- endfor %}
            {{- "[/AVAILABLE_TOOLS]" }}
        {%- endif %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\\n\\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message.tool_calls is defined and message.tool_calls is not none %}
        {{- "[TOOL_CALLS] [" }}
        {%- for tool_call in message.tool_calls %}
            {%- set out = tool_call.function|tojson %}
            {{- out[:-1] }}
            {{- ', "id": "' + tool_call.id + '"}' }}
            {%- if not loop.last %}{{- ", " }}{%- else %}{{- "]" + eos_token }}{%- endif %}
        {%- endfor %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token }}
    {%- elif message["role"] == "tool" %}
        {{- '[TOOL_RESULTS] {"content": ' + message.content|string + "}[/TOOL_RESULTS]" }}
    {%- endif %}
{%- endfor %}""",
    "gemma": """{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- set first_user_prefix = messages[0]['content'] + '\\n\\n' -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("Conversation roles must alternate user/assistant/user/assistant/...") }}
    {%- endif -%}
    {%- if (message['role'] == 'assistant') -%}
        {%- set role = "model" -%}
    {%- else -%}
        {%- set role = message['role'] -%}
    {%- endif -%}
    {{ '<start_of_turn>' + role + '\\n' + (first_user_prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for item in message['content'] -%}
            {%- if item['type'] == 'image' -%}{{ '<start_of_image>' }}{%- elif item['type'] == 'text' -%}{{ item['text'] | trim }}{%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("Invalid content type") }}
    {%- endif -%}
    {{ '<end_of_turn>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}{{'<start_of_turn>model\\n'}}{%- endif -%}
""",
    "phi-3": """{% for message in messages %}{% if message['role'] == 'system' %}{{'<|system|>\\n' + message['content'] + '<|end|>\\n'}}{% elif message['role'] == 'user' %}{{'<|user|>\\n' + message['content'] + '<|end|>\\n'}}{% elif message['role'] == 'assistant' %}{{'<|assistant|>\\n' + message['content'] + '<|end|>\\n'}}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% else %}{{ eos_token }}{% endif %}""",
    "olmo-2": """{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}{{ '<|user|>\\n' + message['content'] + '\\n' }}{% elif message['role'] == 'system' %}{{ '<|system|>\\n' + message['content'] + '\\n' }}{% elif message['role'] == 'assistant' %}{% if not loop.last %}{{ '<|assistant|>\\n' + message['content'] + eos_token + '\\n' }}{% else %}{{ '<|assistant|>\\n' + message['content'] + eos_token }}{% endif %}{% endif %}{% if loop.last and add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}{% endfor %}""",
    "qwen": """{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0].role == 'system' %}{{- messages[0].content + '\\n\\n' }}{%- endif %}
    {{- "# Tools\\n\\n<tools>" }}
    {%- for tool in tools %}{{- "\\n" }}{{- tool | tojson }}{%- endfor %}
    {{- "\\n</tools><|im_end|>\\n" }}
{%- elif messages[0].role == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- endif %}
{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- set content = message.content if message.content is string else '' %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- set reasoning_content = '' %}
        {%- if message.reasoning_content is string %}
            {%- set reasoning_content = message.reasoning_content %}
        {%- elif '</think>' in content %}
            {%- set reasoning_content = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query_index and (loop.last or reasoning_content) %}
            {{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {%- if message.tool_calls %}
            {%- for tool_call in message.tool_calls %}
                {%- if (loop.first and content) or (not loop.first) %}{{- '\\n' }}{%- endif %}
                {%- if tool_call.function %}{%- set tool_call = tool_call.function %}{%- endif %}
                {{- '<tool_call>\\n{"name": "' }}{{- tool_call.name }}{{- '", "arguments": ' }}
                {%- if tool_call.arguments is string %}{{- tool_call.arguments }}{%- else %}{{- tool_call.arguments | tojson }}{%- endif %}
                {{- '}\\n</tool_call>' }}
            {%- endfor %}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- elif message.role == "tool" %}
        {%- if loop.first or (messages[loop.index0 - 1].role != "tool") %}{{- '<|im_start|>user' }}{%- endif %}
        {{- '\\n<tool_response>\\n' + content + '\\n</tool_response>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}{{- '<|im_end|>\\n' }}{%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}
{%- endif %}""",
    # What the engine for JavaScript does otherwise, each in a line.
    "traps": """{{ messages[0].content.lstrip('\\n') }}|{{ messages[0].content.strip() }}|{{ messages[0].content.rstrip('!x') }}|
{{ -7 % 3 }} {{ 7 % -3 }} {{ none }} {{ true }} {{ [1, 2.0, 'a', none, "it's"] }} {{ {'a': [false]} }} {{ (1, 2) }} {{ 1 + 2.0 }} {{ [1] + ['b'] }} {{ ' pad ' + 'x' }} {{ 3 | trim }} {{ nothing }}|
{{ '🙂x' | length }} {{ [] == [] }} {{ [1] == [1.0] }} {{ 1 == '1' }} {{ none == false }} {{ {'a': 1} == {'a': 1} }} {{ '' == 0 }}|
{{ 1 ~ none ~ 2.0 ~ true }} {{ 2.50 }} {{ 0.00001 }} {{ 123456789.25 }} {{ 'éa ÉB' | capitalize }} {{ 3 | string }} {{ none | string }}|
{{ strftime_now('%A %d %B %Y %H:%M:%S %I %p %j %y %a %b %e %%') }}|
{{ messages | tojson }}
{{ messages[0] | tojson(indent=2) }}
{{ messages[0] | tojson(ensure_ascii=true, sort_keys=true, separators=(',', ':')) }}
{% for i in range(3, 0, -1) %}{{ i }}{% if not loop.last %},{% endif %}{% endfor %}
{% macro row(a, b='x') %}<{{ a }}:{{ b }}>{% endmacro %}{{ row(1) }}{{ row(none, b=2.0) }}
{%- set found = namespace(n=0) %}{% for m in messages if m.role == 'user' %}{% set found.n = found.n + 1 %}{% endfor %}{{ found.n }}
{{- messages | map(attribute='role') | join(', ') }} {{ 'a-b-c'.split('-', 1) }} {{ 'abc'[1:] }} {{ 7 // 2 }} {{ 7 / 2 }}
{{ messages[0].get('missing', 'default') }} {{ messages[0].content is defined }} {{ messages[0]['missing'] is undefined }}
{% for key, value in messages[0].items() %}{{ key }}={{ value }};{% endfor %}""",
}

PLAIN = [
    '[{"role": "user", "content": "Hello"}]',
    '[{"role": "system", "content": " You help. "}, {"role": "user", "content": "  Hi there\\n"}, {"role": "assistant", "content": "Good day! "}, {"role": "user", "content": "漢字 🙂 <b>&amp;</b>"}]',
    '[{"role": "user", "content": "a"}, {"role": "assistant", "content": "<think>\\n\\nlet me see\\n</think>\\n\\n  b"}]',
    '[{"role": "assistant", "content": "first"}, {"role": "user", "content": "then"}]',
    '[{"role": "user", "content": "a"}, {"role": "assistant", "reasoning": "why", "content": "b"}]',
    '[{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": " look "}]}]',
]
TOOL_CHAT = (
    '[{"role": "user", "content": "Weather?"}, {"role": "assistant", "content": "", "tool_calls": [{"id": "call12345", "type": "function",'
    ' "function": {"name": "weather", "arguments": {"10": "ten", "2": 2.0, "city": "Zürich", "days": 3, "limit": 1e3, "exact": 12345678901234567890,'
    ' "small": 1.5e-7, "deep": {"z": null, "a": [true, -0.0]}}}}]}, {"role": "tool", "content": "22"}, {"role": "user", "content": "Thanks"}]'
)
TOOLS = (
    '[{"type": "function", "function": {"name": "weather", "description": "Tells the weather of \\"places\\".", "parameters":'
    ' {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1.0}}, "required": ["city"]}}}]'
)
SPECIAL = {"bos_token": "<s>", "eos_token": "</s>"}


def render(template, request):
    try:
        (text,), _ = chat_template_utils.render_jinja_template(
            conversations=[json.loads(request["messages"])],
            tools=json.loads(request["tools"]) if "tools" in request else None,
            chat_template=template,
            add_generation_prompt=request["addGenerationPrompt"],
            **SPECIAL,
            **request.get("variables", {}),
        )
        return {"text": text}
    except Exception as error:  # Refusals are compared too.
        return {"refused": str(error)}


def main():
    cases = []
    for family, template in TEMPLATES.items():
        requests = [{"messages": chat, "addGenerationPrompt": prompt} for chat in PLAIN for prompt in (False, True)]
        requests += [{"messages": TOOL_CHAT, "tools": TOOLS, "addGenerationPrompt": True}, {"messages": TOOL_CHAT, "addGenerationPrompt": False}]
        requests += [{"messages": PLAIN[0], "addGenerationPrompt": True, "variables": {"enable_thinking": False, "date_string": "today"}}]
        for request in requests:
            if family == "traps" and (request["messages"] == PLAIN[5] or request["addGenerationPrompt"]):
                continue
            cases.append({"family": family, **request, **render(template, request)})
    json.dump(
        {"madeBy": f"bench/reference/chat_templates.py, transformers {transformers.__version__}", "special": SPECIAL, "templates": TEMPLATES, "cases": cases},
        sys.stdout,
        indent=1,
        ensure_ascii=False,
    )
    print()


main()
