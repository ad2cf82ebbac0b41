"""Drives the simulator with the clients that people use for the real services. Each check is a sentence about the simulator."""

import asyncio
import base64
import contextlib
import io
import json
import os
import socket
import struct
import sys
import tempfile
import traceback
import warnings
import zlib

# The clients would ask the proxy of the environment, and one of them a list of prices on the network.
for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
    del os.environ[name]
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["LITELLM_LOG"] = "ERROR"

from crash import Simulator  # noqa: E402

# What a client does while it is imported is not the simulator's affair.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import litellm
    import openai
    import pydantic
    from google import genai
    from google.genai import errors as google_errors
    from google.genai import types as google
    try:
        import openrouter
        from openrouter import errors as router_errors
    except ImportError:
        openrouter = None

litellm.telemetry = False
litellm.suppress_debug_info = True

FAULTS = [
    {"name": kind, "match": {"marker": kind}, "answer": {"refuse": kind}}
    for kind in ["invalid_request", "payload_too_large", "content_blocked_input", "content_blocked_output", "auth", "permission",
                 "model_not_found", "quota_exhausted", "rate_limited", "overloaded", "server_error", "no_image_returned"]
] + [
    {"name": "once", "match": {"marker": "once"}, "times": 1, "per_prompt": True,
     "answer": {"refuse": "rate_limited", "retry_after": "100ms", "retry_after_as": "milliseconds"}},
    {"name": "final", "match": {"marker": "final"},
     "answer": {"refuse": "server_error", "headers": {"x-should-retry": "false"}}},
    {"name": "billing", "match": {"marker": "billing"},
     "answer": {"status": 400, "headers": {"x-request-id": "req_1"}, "body": {"error": {
         "message": "Billing hard limit has been reached", "type": "image_generation_user_error",
         "param": None, "code": "billing_hard_limit_reached"}}}},
    {"name": "reason", "match": {"marker": "reason"},
     "answer": {"refuse": "invalid_request", "error": {"metadata": {"error_type": "content_policy_violation"}}}},
]

CHECKS = []


def check(sentence):
    """Marks a function as a check; a coroutine is run to its end."""
    def keep(function):
        CHECKS.append((sentence, function))
        return function
    return keep


def only_loopback():
    """Makes every connection that would leave this machine an error: nothing here has a reason to."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1"):
            raise AssertionError("a connection to %s" % (address[0],))
        return connect(self, address)
    socket.socket.connect = guarded


# MARK: pictures

def png(width, height, alpha=None):
    """A picture of one colour; with alpha, a mask whose upper half is transparent."""
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    pixel = b"\x60\x80\xa0" if alpha is None else b"\0\0\0"
    rows = b""
    for row in range(height):
        if alpha is None:
            rows += b"\0" + pixel * width
        else:
            rows += b"\0" + (pixel + (b"\0" if row < height // 2 else b"\xff")) * width
    head = struct.pack(">IIBBBBB", width, height, 8, 2 if alpha is None else 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


PHOTO = png(96, 64)
MASK = png(96, 64, alpha=True)


def size_of(data):
    """Format and size of a picture, from its own bytes."""
    if data.startswith(b"\x89PNG"):
        return ("png",) + struct.unpack(">II", data[16:24])
    if data.startswith(b"RIFF") and data[8:15] == b"WEBPVP8":
        width = 1 + int.from_bytes(data[24:27], "little")
        return "webp", width, 1 + int.from_bytes(data[27:30], "little")
    place = 2
    while data.startswith(b"\xff\xd8"):
        kind, length = data[place + 1], struct.unpack(">H", data[place + 2 : place + 4])[0]
        if kind in (0xC0, 0xC1, 0xC2):
            height, width = struct.unpack(">HH", data[place + 5 : place + 9])
            return "jpeg", width, height
        place += 2 + length
    raise AssertionError("no picture: %r" % data[:20])


def must(fact, what):
    if not fact:
        raise AssertionError(what)


def same(found, wanted):
    must(found == wanted, "%r instead of %r" % (found, wanted))


def refused(kinds, call):
    """Runs a call that has to end with an exception of exactly that class, and gives it."""
    try:
        call()
    except kinds as error:
        must(type(error) is kinds, "%s instead of %s" % (type(error).__name__, kinds.__name__))
        return error
    raise AssertionError("no %s" % kinds.__name__)


def no_extras(model):
    """Nothing came back that the client's types do not know."""
    for name, value in model:
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, pydantic.BaseModel):
                no_extras(one)
    must(not model.model_extra, "unknown fields: %s" % model.model_extra)


# MARK: the service

class Service:
    """The simulator, and what it noted of the requests since it was last asked."""

    def __init__(self, folder):
        faults = os.path.join(folder, "faults.json5")
        with open(faults, "w") as file:
            json.dump(FAULTS, file)
        self.simulator = Simulator(folder, more=["--faults", faults], cached=False)
        self.url = self.simulator.url
        self.seen = 0

    def noted(self, event="accepted"):
        lines = self.simulator.lines()
        new, self.seen = lines[self.seen :], len(lines)
        return [line for line in new if line["event"] == event]


def client(service, kind=openai.OpenAI, **more):
    more = {"base_url": service.url + "/v1", "api_key": "k", "max_retries": 0, **more}
    return kind(_strict_response_validation=True, **more)


def picture(answer, index=0):
    """The one of an answer in OpenAI's types, which knows nothing else."""
    no_extras(answer)
    type(answer).model_validate_json(answer.model_dump_json(exclude_unset=True), strict=True)
    return base64.b64decode(answer.data[index].b64_json, validate=True)


# MARK: openai

@check("openai: a picture is generated, and the answer says what was drawn")
def _(service):
    answer = client(service).images.generate(model="gpt-image-2", prompt="a boat")
    same(size_of(picture(answer)), ("png", 1024, 1024))
    same((answer.quality, answer.background, answer.output_format, answer.size), ("high", "opaque", "png", "1024x1024"))
    must(answer.created > 1_700_000_000, "created is %s" % answer.created)
    must(answer._request_id, "no request id")
    same(answer.usage.total_tokens, answer.usage.input_tokens + answer.usage.output_tokens)


@check("openai: every option that a client has for a picture is taken and repeated")
def _(service):
    answer = client(service).images.generate(
        model="gpt-image-2.6-flare", prompt="a boat", n=2, size="1536x864", quality="max", background="transparent",
        moderation="low", complexity="low", stream=False, partial_images=0, user="u", safety_identifier="s-1")
    same([size_of(picture(answer, index)) for index in range(2)], [("png", 1536, 864)] * 2)
    must(answer.data[0].b64_json != answer.data[1].b64_json, "both pictures are the same")
    same((answer.quality, answer.background, answer.safety_identifier), ("max", "transparent", "s-1"))
    same([(line["n"], line["size"]) for line in service.noted()], [(2, "1536x864")])
    for size in ["auto", "1024x1536", "1536x1024"]:
        picture(client(service).images.generate(model="gpt-image-2-2026-04-21", prompt="a boat", size=size))
    same([line["size"] for line in service.noted()], ["1024x1024", "1024x1536", "1536x1024"])


@check("openai: pictures come as PNG, JPEG and WebP, and smaller where that is asked")
def _(service):
    def made(format, **more):
        answer = client(service).images.generate(
            model="gpt-image-2", prompt="a boat", size="1024x640", output_format=format, **more)
        same(answer.output_format, format)
        return picture(answer)
    for format in ["png", "jpeg", "webp"]:
        same(size_of(made(format)), (format, 1024, 640))
    for format in ["jpeg", "webp"]:
        must(len(made(format, output_compression=20)) < len(made(format)) / 2, "%s is not compressed" % format)


@check("openai: one picture, several and a mask are edited, with a file name or without")
def _(service):
    images = client(service).images
    for image in [PHOTO, ("a.png", PHOTO, "image/png"), io.BytesIO(PHOTO), [PHOTO], [("b.png", PHOTO), PHOTO, PHOTO]]:
        answer = images.edit(model="gpt-image-2", prompt="at night", image=image, size="1024x640", quality="low", n=1)
        same(size_of(picture(answer)), ("png", 1024, 640))
    same([len(line["references"]) for line in service.noted()], [1, 1, 1, 1, 3])
    for mask in [MASK, ("mask.png", MASK, "image/png")]:
        picture(images.edit(
            model="gpt-image-2", prompt="at night", image=PHOTO, mask=mask, background="opaque", stream=False,
            output_format="webp", output_compression=50, user="u"))
    must(all(line.get("mask") for line in service.noted()), "the mask did not arrive")
    refused(openai.BadRequestError, lambda: images.edit(model="gpt-image-2", prompt="x", image=b"no picture"))
    error = refused(openai.BadRequestError, lambda: images.edit(
        model="gpt-image-2", prompt="x", image=PHOTO, mask=png(8, 8, alpha=True)))
    same(error.param, "mask")


@check("openai: the asynchronous client generates and edits, several at once")
async def _(service):
    async with client(service, openai.AsyncOpenAI) as asynchronous:
        answers = await asyncio.gather(
            asynchronous.images.generate(model="gpt-image-2", prompt="a boat", size="1024x640"),
            asynchronous.images.generate(model="gpt-image-2", prompt="a mill", size="1024x640"),
            asynchronous.images.edit(model="gpt-image-2", prompt="at night", image=[PHOTO, PHOTO], mask=MASK))
    must(len({picture(answer) for answer in answers}) == 3, "pictures are the same")


@check("openai: each refusal is the exception that the client has for it, with code, field and request id")
def _(service):
    images = client(service).images
    for kind, wanted, code, type_, param in [
        ("invalid_request", openai.BadRequestError, "invalid_value", "invalid_request_error", None),
        ("content_blocked_input", openai.BadRequestError, "moderation_blocked", "image_generation_user_error", None),
        ("content_blocked_output", openai.BadRequestError, "moderation_blocked", "image_generation_user_error", None),
        ("model_not_found", openai.BadRequestError, "invalid_value", "image_generation_user_error", "model"),
        ("billing", openai.BadRequestError, "billing_hard_limit_reached", "image_generation_user_error", None),
        ("auth", openai.AuthenticationError, "invalid_api_key", "invalid_request_error", None),
        ("permission", openai.PermissionDeniedError, None, "invalid_request_error", None),
        ("payload_too_large", openai.APIStatusError, None, "invalid_request_error", None),
        ("quota_exhausted", openai.RateLimitError, "insufficient_quota", "insufficient_quota", None),
        ("rate_limited", openai.RateLimitError, "rate_limit_exceeded", "requests", None),
        ("overloaded", openai.InternalServerError, "server_error", "server_error", None),
        ("server_error", openai.InternalServerError, "server_error", "server_error", None),
    ]:
        error = refused(wanted, lambda: images.generate(model="gpt-image-2", prompt="x [[fault:%s]]" % kind))
        same((error.code, error.type, error.param), (code, type_, param))
        must(error.request_id, "%s has no request id" % kind)
    empty = images.generate(model="gpt-image-2", prompt="x [[fault:no_image_returned]]")
    same(empty.data, [])


@check("openai: what the simulator does not do is refused by its name")
def _(service):
    images = client(service).images
    for more in [
        {"stream": True}, {"output_format": "svg"}, {"output_format": "gif"}, {"size": "9x9"}, {"quality": "hd"},
        {"response_format": "url"}, {"style": "vivid"}, {"output_compression": 5}, {"n": 11},
    ]:
        error = refused(openai.BadRequestError, lambda: images.generate(model="gpt-image-2", prompt="a boat", **more))
        same(error.param, next(iter(more)))
        must(error.request_id, "no request id")
    error = refused(openai.BadRequestError, lambda: images.generate(model="dall-e-3", prompt="a boat"))
    same(error.param, "model")
    refused(openai.AuthenticationError, lambda: images.generate(
        model="gpt-image-2", prompt="x", extra_headers={"Authorization": ""}))
    refused(openai.NotFoundError, lambda: client(service).batches.list())
    refused(openai.NotFoundError, lambda: client(service).responses.create(model="gpt-image-2", input="x"))


@check("openai: the client waits as long as it is told, and does not repeat what must not be repeated")
def _(service):
    picture(client(service, max_retries=2).images.generate(model="gpt-image-2", prompt="x [[fault:once]]"))
    same(len(service.noted()), 2)
    refused(openai.InternalServerError, lambda: client(service, max_retries=2).images.generate(
        model="gpt-image-2", prompt="x [[fault:final]]"))
    same(len(service.noted()), 1)


@check("openai: models are listed and shown")
def _(service):
    models = client(service).models
    listed = list(models.list())
    must("gpt-image-2" in [model.id for model in listed], "gpt-image-2 is not listed")
    for model in listed:
        no_extras(model)
    same(models.retrieve("gpt-image-2").object, "model")
    refused(openai.NotFoundError, lambda: models.retrieve("gpt-4"))


# MARK: Azure

@check("azure: the classic path of a deployment generates and edits, with a key and with a token")
def _(service):
    version = "2025-04-01-preview"
    for account in [
        {"api_key": "k"}, {"api_key": "k", "azure_deployment": "img2"}, {"azure_ad_token": "t"},
        {"azure_ad_token_provider": lambda: "t"},
    ]:
        azure = openai.AzureOpenAI(
            azure_endpoint=service.url, api_version=version, max_retries=0, _strict_response_validation=True, **account)
        picture(azure.images.generate(model="img2", prompt="a boat", size="1024x640", quality="xhigh"))
        picture(azure.images.edit(model="img2", prompt="at night", image=PHOTO, mask=MASK))
        same([(line["provider"], line["model"]) for line in service.noted()], [("azure-openai", "img2")] * 2)


@check("azure: the v1 path generates and edits, with a key and with a token, with a version and without")
def _(service):
    for query in [{}, {"api-version": "preview"}]:
        for headers in [{}, {"api-key": "k", "Authorization": ""}]:
            azure = client(service, base_url=service.url + "/openai/v1", default_query=query, default_headers=headers)
            picture(azure.images.generate(model="img2", prompt="a boat", output_format="jpeg", output_compression=60))
            picture(azure.images.edit(model="img2", prompt="at night", image=[PHOTO, PHOTO]))
    same({line["provider"] for line in service.noted()}, {"azure-openai"})
    must(list(client(service, base_url=service.url + "/openai/v1").models.list()), "no models")


@check("azure: the asynchronous client and the errors of the service")
async def _(service):
    async with openai.AsyncAzureOpenAI(
        azure_endpoint=service.url, api_version="2025-04-01-preview", api_key="k", max_retries=0,
        _strict_response_validation=True,
    ) as azure:
        picture(await azure.images.generate(model="img2", prompt="a boat", size="1024x640"))
        for kind, wanted in [
            ("content_blocked_input", openai.BadRequestError), ("auth", openai.AuthenticationError),
            ("model_not_found", openai.NotFoundError), ("rate_limited", openai.RateLimitError),
            ("server_error", openai.InternalServerError),
        ]:
            try:
                await azure.images.generate(model="img2", prompt="x [[fault:%s]]" % kind)
                raise AssertionError("no error for " + kind)
            except openai.APIStatusError as error:
                same(type(error), wanted)
                must(error.request_id, "no request id")
    for version in ["v1", "latest"]:
        refused(openai.BadRequestError, lambda: openai.AzureOpenAI(
            azure_endpoint=service.url, api_version=version, api_key="k", max_retries=0).images.generate(
                model="img2", prompt="x"))


# MARK: google-genai

GOOGLE = {}


def gemini(service, **options):
    """A client, which is kept: it closes its connections when nobody holds it."""
    key = tuple(options.items())
    if key not in GOOGLE:
        GOOGLE[key] = genai.Client(api_key="k", http_options=google.HttpOptions(base_url=service.url, **options))
    return GOOGLE[key]


def drawn(answer):
    """The pictures of an answer that are no thoughts."""
    same(answer.candidates[0].finish_reason, google.FinishReason.STOP)
    must(answer.usage_metadata.total_token_count > 0 and answer.response_id, "no counts or no id")
    google.GenerateContentResponse.model_validate(answer.model_dump(), strict=True)
    parts = answer.candidates[0].content.parts
    return [part.inline_data.data for part in parts if part.inline_data and not part.thought]


@check("google-genai: the default version draws with every model")
def _(service):
    for model in [model.name.removeprefix("models/") for model in gemini(service).models.list()]:
        answer = gemini(service).models.generate_content(model=model, contents="a boat")
        same([size_of(one) for one in drawn(answer)], [("png", 1024, 1024)])
        same(answer.model_version, model)
        must(answer.text, "without a wish these models also write")
    same(len(service.noted()), 5)


@check("google-genai: both versions take pictures inline, one or several, from bytes and as parts")
def _(service):
    for version in [{}, {"api_version": "v1beta"}, {"api_version": "v1"}]:
        # Every byte, so that the alphabets of base64 differ in it.
        reference = png(16, 16)[:-12] + b"\0\0\1\0prVt" + bytes(range(256)) \
            + struct.pack(">I", zlib.crc32(b"prVt" + bytes(range(256)))) + png(16, 16)[-12:]
        part = google.Part.from_bytes(data=reference, mime_type="image/png")
        for contents in [
            ["at night", part], [part, part, "at night"], google.Content(role="user", parts=[google.Part(text="x"), part]),
        ]:
            answer = gemini(service, **version).models.generate_content(
                model="gemini-3-pro-image", contents=contents,
                config=google.GenerateContentConfig(response_modalities=["IMAGE"]))
            same(len(drawn(answer)), 1)
            must(not answer.text, "words although a picture alone was asked for")
    same([len(line["references"]) for line in service.noted()], [1, 2, 1] * 3)


@check("google-genai: what people set for a text model is taken too")
def _(service):
    config = google.GenerateContentConfig(
        temperature=0.4, top_p=0.9, top_k=40, seed=7, candidate_count=1, max_output_tokens=4096,
        system_instruction="You draw in ink.", response_modalities=["TEXT", "IMAGE"],
        safety_settings=[google.SafetySetting(
            category=google.HarmCategory.HARM_CATEGORY_HARASSMENT, threshold=google.HarmBlockThreshold.BLOCK_NONE)],
        image_config=google.ImageConfig(aspect_ratio="16:9", image_size="2K"))
    models = gemini(service).models
    first = drawn(models.generate_content(model="gemini-3-pro-image", contents="a boat", config=config))
    same([size_of(one) for one in first], [("png", 2752, 1536)])
    other = drawn(models.generate_content(
        model="gemini-3-pro-image", contents="a boat", config=config.model_copy(update={"seed": 8})))
    must(first != other, "another seed draws the same")
    models.generate_content(
        model="gemini-nano-banana-2.1", contents="a boat", config=google.GenerateContentConfig(
            thinking_config=google.ThinkingConfig(thinking_level="LOW"), image_config=google.ImageConfig(aspect_ratio="1:4")))


@check("google-genai: every ratio of the newer models is drawn")
def _(service):
    for ratio, size in [("4:1", (1024, 256)), ("1:4", (256, 1024)), ("8:1", (1536, 192)), ("1:8", (192, 1536)),
                        ("21:9", (792, 336)), ("5:4", (576, 464))]:
        answer = gemini(service).models.generate_content(
            model="gemini-3.1-flash-image", contents="a boat",
            config=google.GenerateContentConfig(image_config=google.ImageConfig(aspect_ratio=ratio, image_size="512")))
        same(size_of(drawn(answer)[0])[1:], size)


@check("google-genai: a chat of several turns shows the model what it drew")
def _(service):
    chat = gemini(service).chats.create(model="gemini-3.1-flash-image")
    for words in ["a boat", "at night", ["like this", google.Part.from_bytes(data=PHOTO, mime_type="image/png")]]:
        same(len(drawn(chat.send_message(words))), 1)
    # What the model drew comes back with each turn, its thoughts do not count.
    same([len(line["references"]) for line in service.noted()], [0, 1, 3])
    same(len(chat.get_history()), 6)


@check("google-genai: the asynchronous client draws and chats")
async def _(service):
    asynchronous = genai.Client(api_key="k", http_options=google.HttpOptions(base_url=service.url)).aio
    answers = await asyncio.gather(*[
        asynchronous.models.generate_content(model="gemini-2.5-flash-image", contents="boat %d" % number)
        for number in range(2)])
    must(drawn(answers[0]) != drawn(answers[1]), "pictures are the same")
    chat = asynchronous.chats.create(model="gemini-3-pro-image")
    await chat.send_message("a boat")
    same(len(drawn(await chat.send_message("at night"))), 1)
    await asynchronous.aclose()


@check("google-genai: refusals are the exceptions and the reasons that the client has for them")
def _(service):
    models = gemini(service).models
    for kind, wanted, code, word in [
        ("invalid_request", google_errors.ClientError, 400, "INVALID_ARGUMENT"),
        ("auth", google_errors.ClientError, 400, "INVALID_ARGUMENT"),
        ("permission", google_errors.ClientError, 403, "PERMISSION_DENIED"),
        ("model_not_found", google_errors.ClientError, 404, "NOT_FOUND"),
        ("quota_exhausted", google_errors.ClientError, 429, "RESOURCE_EXHAUSTED"),
        ("rate_limited", google_errors.ClientError, 429, "RESOURCE_EXHAUSTED"),
        ("server_error", google_errors.ServerError, 500, "INTERNAL"),
        ("overloaded", google_errors.ServerError, 503, "UNAVAILABLE"),
    ]:
        error = refused(wanted, lambda: models.generate_content(
            model="gemini-3-pro-image", contents="x [[fault:%s]]" % kind))
        same((error.code, error.status), (code, word))
        must(error.message, "no message")
    blocked = models.generate_content(model="gemini-3-pro-image", contents="x [[fault:content_blocked_input]]")
    same(blocked.prompt_feedback.block_reason, google.BlockedReason.PROHIBITED_CONTENT)
    held = models.generate_content(model="gemini-3-pro-image", contents="x [[fault:content_blocked_output]]")
    same(held.candidates[0].finish_reason, google.FinishReason.IMAGE_SAFETY)
    for model, config in [
        ("imagen-4", {}), ("gemini-3-pro-image", {"candidate_count": 2}),
        ("gemini-3-pro-image", {"image_config": {"aspect_ratio": "8:1"}}),
        ("gemini-2.5-flash-image", {"image_config": {"image_size": "2K"}}),
        ("gemini-3-pro-image", {"response_modalities": ["TEXT"]}),
    ]:
        refused(google_errors.ClientError, lambda: models.generate_content(model=model, contents="x", config=config))
    refused(google_errors.ClientError, lambda: models.embed_content(model="gemini-3-pro-image", contents="x"))


@check("google-genai: models are listed and shown")
def _(service):
    for version in ["v1", "v1beta"]:
        models = gemini(service, api_version=version).models
        must("models/gemini-3-pro-image" in [model.name for model in models.list()], "not listed")
        same(models.get(model="gemini-3-pro-image").supported_actions, ["generateContent"])
        refused(google_errors.ClientError, lambda: models.get(model="imagen-4"))


# MARK: litellm

def lite(answer):
    return size_of(base64.b64decode(answer.data[-1].b64_json))


@check("litellm: pictures of OpenAI are generated and edited")
async def _(service):
    account = {"model": "openai/gpt-image-2", "api_base": service.url + "/v1", "api_key": "k", "max_retries": 0}
    same(lite(litellm.image_generation(prompt="a boat", size="1536x1024", quality="low", **account)), ("png", 1536, 1024))
    same(lite(litellm.image_edit(image=PHOTO, mask=MASK, prompt="at night", **account)), ("png", 1024, 1024))
    same(lite(litellm.image_edit(image=[PHOTO, PHOTO], prompt="at night", **account)), ("png", 1024, 1024))
    same(lite(await litellm.aimage_generation(prompt="a boat", size="1024x1024", **account)), ("png", 1024, 1024))
    same(lite(await litellm.aimage_edit(image=PHOTO, prompt="at night", **account)), ("png", 1024, 1024))
    same([len(line["references"]) for line in service.noted()], [0, 1, 2, 0, 1])


@check("litellm: pictures of Azure are generated and edited at the classic path")
def _(service):
    account = {"model": "azure/img2", "api_base": service.url, "api_version": "2025-04-01-preview", "api_key": "k"}
    same(lite(litellm.image_generation(prompt="a boat", size="1024x1536", **account)), ("png", 1024, 1536))
    same(lite(litellm.image_edit(image=PHOTO, mask=MASK, prompt="at night", **account)), ("png", 1024, 1024))
    same([(line["provider"], line["model"]) for line in service.noted()], [("azure-openai", "img2")] * 2)


@check("litellm: pictures of Microsoft's models are generated and edited")
def _(service):
    account = {"model": "azure_ai/mai-image-2.5", "api_base": service.url, "api_key": "k"}
    same(lite(litellm.image_generation(prompt="a boat", size="1024x1024", **account)), ("png", 1024, 1024))
    same(lite(litellm.image_edit(image=PHOTO, prompt="at night", **account))[0], "png")
    same([line["provider"] for line in service.noted()], ["microsoft-mai"] * 2)


@check("litellm: pictures of Google's models are generated and edited")
def _(service):
    for version in ["v1beta", "v1"]:
        account = {"model": "gemini/gemini-3-pro-image", "api_base": service.url + "/" + version, "api_key": "k"}
        same(lite(litellm.image_generation(prompt="a boat", size="1536x1024", **account)), ("png", 1264, 848))
        same(lite(litellm.image_edit(image=[PHOTO], prompt="at night", **account))[0], "png")
    same([line["kind"] for line in service.noted()], ["generate", "edit"] * 2)


@check("litellm: refusals are the exceptions that the client has for them")
def _(service):
    for account, broken in [
        ({"model": "openai/gpt-image-2", "api_base": service.url + "/v1"}, litellm.InternalServerError),
        # Of a fault of Azure it knows no more than that it is one.
        ({"model": "azure/img2", "api_base": service.url, "api_version": "2025-04-01-preview"}, litellm.APIError),
        ({"model": "gemini/gemini-3-pro-image", "api_base": service.url + "/v1beta"}, litellm.InternalServerError),
    ]:
        for kind, wanted in [
            ("rate_limited", litellm.RateLimitError), ("overloaded", litellm.ServiceUnavailableError),
            ("server_error", broken),
        ]:
            refused(wanted, lambda: litellm.image_generation(
                prompt="x [[fault:%s]]" % kind, api_key="k", max_retries=0, **account))
    openai_account = {"model": "openai/gpt-image-2", "api_base": service.url + "/v1", "api_key": "k", "max_retries": 0}
    refused(litellm.AuthenticationError, lambda: litellm.image_generation(prompt="x [[fault:auth]]", **openai_account))
    refused(litellm.BadRequestError, lambda: litellm.image_generation(
        prompt="x [[fault:content_blocked_input]]", **openai_account))


# MARK: openrouter

# The client would give up after five seconds, which a busy machine may need for a picture.
PATIENCE = 600_000


def router(service, function):
    with openrouter.OpenRouter(api_key="k", server_url=service.url + "/api/v1", timeout_ms=PATIENCE) as opened:
        return function(opened)


def routed(answer):
    return [size_of(base64.b64decode(one.b64_json, validate=True)) for one in answer.data]


def draw(opened, **more):
    never = openrouter.utils.RetryConfig("none", None, False)
    return opened.images.generate(**{"model": "google/gemini-3-pro-image", "prompt": "a boat", "retries": never, **more})


if openrouter:
    @check("openrouter: pictures of several makers are generated, with every option that the client has")
    def _(service):
        reference = {"type": "image_url", "image_url": {
            "url": "data:image/png;base64," + base64.b64encode(PHOTO).decode()}}
        for more, wanted in [
            ({}, ("png", 1024, 1024)),
            ({"aspect_ratio": "2:1", "resolution": "1K"}, ("png", 1456, 720)),
            ({"resolution": "768", "user": "u", "session_id": "s", "seed": 7}, ("png", 768, 768)),
            ({"resolution": "1.5K", "aspect_ratio": "1:1", "quality": "xhigh"}, ("png", 1536, 1536)),
            ({"output_format": "webp", "output_compression": 50, "background": "auto"}, ("webp", 1024, 1024)),
            ({"output_format": "jpeg", "stream": False}, ("jpeg", 1024, 1024)),
            ({"input_references": [reference, reference]}, ("png", 1024, 1024)),
            ({"model": "black-forest-labs/flux.2-pro", "quality": "max"}, ("png", 1024, 1024)),
            ({"model": "openai/gpt-image-2.5-flare", "size": "1536x864"}, ("png", 1536, 864)),
            ({"model": "microsoft/mai-image-2.7", "provider": {"allow_fallbacks": False}}, ("png", 1024, 1024)),
        ]:
            answer = router(service, lambda opened: draw(opened, **more))
            same(routed(answer), [wanted])
            same(answer.data[0].media_type, "image/" + wanted[0])
            must(answer.usage.cost > 0, "no cost")
        same(len(routed(router(service, lambda opened: draw(opened, model="openai/gpt-image-2", n=2)))), 2)

    @check("openrouter: an answer without a picture is one, and refusals are the exceptions of the client")
    def _(service):
        empty = router(service, lambda opened: draw(opened, prompt="x [[fault:no_image_returned]]"))
        same(empty.data, [])
        for kind, wanted in [
            ("invalid_request", "BadRequestResponseError"), ("content_blocked_output", "BadRequestResponseError"),
            ("auth", "UnauthorizedResponseError"), ("quota_exhausted", "PaymentRequiredResponseError"),
            ("content_blocked_input", "ForbiddenResponseError"), ("model_not_found", "NotFoundResponseError"),
            ("payload_too_large", "PayloadTooLargeResponseError"), ("rate_limited", "TooManyRequestsResponseError"),
            ("server_error", "BadGatewayResponseError"),
        ]:
            error = refused(getattr(router_errors, wanted), lambda: router(
                service, lambda opened: draw(opened, prompt="x [[fault:%s]]" % kind)))
            must(error.data.error.message, "no message")
        error = refused(router_errors.BadRequestResponseError, lambda: router(
            service, lambda opened: draw(opened, prompt="x [[fault:reason]]")))
        same(error.data.error.metadata["error_type"], "content_policy_violation")
        refused(router_errors.NotFoundResponseError, lambda: router(
            service, lambda opened: draw(opened, model="nobody/nothing")))

    @check("openrouter: models are listed, and the asynchronous client draws")
    async def _(service):
        async with openrouter.OpenRouter(api_key="k", server_url=service.url + "/api/v1", timeout_ms=PATIENCE) as opened:
            listed = await opened.images.list_models_async()
            must("microsoft/mai-image-2.7" in [model.id for model in listed.data], "not listed")
            must(not any(getattr(kind, "is_unknown", False) for model in listed.data
                         for kind in model.supported_parameters.values()), "an unknown kind of parameter")
            same(routed(await opened.images.generate_async(model="google/gemini-3-pro-image", prompt="a boat")),
                 [("png", 1024, 1024)])


# MARK: the whole

def warm_up(service):
    """One call of each kind, so that what the clients load late, and say about their own parts, is loaded and said."""
    account = {"model": "openai/gpt-image-2", "api_base": service.url + "/v1", "api_key": "k"}
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        litellm.image_generation(prompt="a boat", **account)
        litellm.image_edit(prompt="at night", image=PHOTO, **account)


def run(sentence, function, service):
    service.noted()
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        # Sockets that a client leaves open, and whose classes it inherits from, are its own affair.
        warnings.simplefilter("ignore", ResourceWarning)
        warnings.filterwarnings("ignore", "Inheritance class AiohttpClientSession", DeprecationWarning)
        # Quiet, unless something is amiss: one client prints advice whatever it is told.
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                result = function(service)
                if asyncio.iscoroutine(result):
                    asyncio.run(result)
            for warning in heard:
                raise AssertionError("a warning: %s" % warning.message)
        except Exception as error:
            print("FAILED  %s: %s: %s" % (sentence, type(error).__name__, str(error)[:600]), flush=True)
            place = traceback.extract_tb(error.__traceback__)
            print("        at line %s" % [frame.lineno for frame in place if frame.filename == __file__], flush=True)
            return False
    print("ok      " + sentence, flush=True)
    return True


def main():
    only_loopback()
    print("openai %s, google-genai %s, litellm %s, openrouter %s" % (
        openai.__version__, genai.__version__, version("litellm"), version("openrouter") if openrouter else "not installed"))
    wanted = [(sentence, function) for sentence, function in CHECKS if os.environ.get("ONLY", "") in sentence]
    with tempfile.TemporaryDirectory(prefix="sdks-") as folder:
        service = Service(folder)
        try:
            warm_up(service)
            failed = sum(not run(sentence, function, service) for sentence, function in wanted)
        finally:
            service.simulator.stop()
    print("sdks: %d checks, %d failed" % (len(wanted), failed))
    raise SystemExit(1 if failed or not wanted else 0)


def version(name):
    from importlib.metadata import version
    return version(name)


if __name__ == "__main__":
    main()
