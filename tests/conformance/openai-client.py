# SPDX-License-Identifier: LGPL-2.1-or-later
"""OpenAI's client against a server: openai-client.py URL TOKEN-THAT-MAKES TOKEN-THAT-WATCHES. A line
for each check: good or bad, and its name."""
import asyncio
import base64
import os
import sys

import openai

url, maker, watcher = sys.argv[1:]
base = url + "v1"
client = openai.OpenAI(base_url=base, api_key=maker, max_retries=0)
STARTS = {"png": b"\x89PNG", "jpeg": b"\xff\xd8\xff", "webp": b"RIFF", "wav": b"RIFF", "flac": b"fLaC",
          "mp3": b"ID3", "opus": b"OggS", "aac": b"\xff"}


def check(name, good, what=""):
    print("good" if good else "bad", name)
    if not good:
        print(what)


def raises(name, kind, call, says="", **fields):
    try:
        what = call()
    except openai.APIStatusError as error:
        wrong = {k: getattr(error, k) for k, v in fields.items() if getattr(error, k) != v}
        check(name, type(error) is kind and says in error.message and not wrong, f"{error!r} {wrong}")
        return error
    check(name, False, f"nothing was raised: {what!r}")
    return None


def decoded(answer):
    return [base64.b64decode(item.b64_json) for item in answer.data]


def models():
    listed = list(client.models.list())
    check("models are listed", [m.id for m in listed] == ["classes", "voice"], listed)
    one = client.models.retrieve("voice")
    check("one is found, as old as its file", one.id == "voice" and one.object == "model" and
          one.created == int(os.stat("voice.onnx").st_mtime), one)
    raises("one that is not there is not found", openai.NotFoundError,
           lambda: client.models.retrieve("voise"), "voise", type="not_found_error")


def picture(**settings):
    return client.images.generate(**{"model": "classes", "prompt": "a bee, please"} | settings)


def pictures():
    for kind in ("png", "jpeg", "webp"):
        made = decoded(picture(output_format=kind, n=2, size="64x48"))
        check(f"pictures are made as {kind}", len(made) == 2 and made[0] != made[1] and
              all(m.startswith(STARTS[kind]) for m in made), made)
    seeded = [decoded(picture(extra_body={"seed": 7})) for _ in range(2)]
    told = picture(extra_body={"seed": 7, "class": "ant"})
    check("a seed makes the same, and another class another", seeded[0] == seeded[1] != decoded(told))
    drawn = picture()
    again = decoded(picture(extra_body={"seed": drawn.seed}))
    check("a seed that was drawn is told", decoded(drawn) == again and 0 <= drawn.seed < 2**53, drawn.seed)
    events = list(picture(stream=True, partial_images=1))
    check("a picture is streamed", [e.type for e in events] == ["image_generation.completed"] and
          base64.b64decode(events[0].b64_json).startswith(STARTS["png"]), events)
    check("what others have is let pass", len(picture(
        quality="high", background="opaque", moderation="low", user="me", style="vivid").data) == 1)
    for name, settings, parameter in (("too many", {"n": 9}, "n"), ("a wrong size", {"size": "9"}, "size"),
                                      ("an address", {"response_format": "url"}, "response_format"),
                                      ("a wrong format", {"output_format": "gif"}, "output_format"),
                                      ("a wrong field", {"extra_body": {"sede": 1}}, "sede")):
        raises(f"refused by its name: {name}", openai.BadRequestError, lambda: picture(**settings),
               param=parameter, type="invalid_request_error", status_code=400)
    raises("a model that is not there is not found", openai.NotFoundError,
           lambda: picture(model="clases"), "classes", param="model")


def speech(**settings):
    return client.audio.speech.create(**{"model": "voice", "voice": "default", "input": "abc def"} | settings)


def sounds():
    document = client.get("/openapi.json".replace("/", "../", 1), cast_to=object)
    body = document["paths"]["/v1/audio/speech"]["post"]["requestBody"]["content"]["application/json"]
    schema = document["components"]["schemas"][body["schema"]["$ref"].rpartition("/")[2]]
    there = [kind for kind in schema["anyOf"][0]["properties"]["response_format"]["enum"] if kind]
    check("formats that others have are there, or are left out", {"wav", "pcm"} <= set(there) <=
          {"mp3", "opus", "aac", "flac", "wav", "pcm"}, there)
    for kind in there:
        made = speech(response_format=kind).content
        check(f"a text is spoken as {kind}", made.startswith(STARTS.get(kind, b"")) and len(made) > 100, made[:9])
    with client.audio.speech.with_streaming_response.create(
            model="voice", voice="default", input="abc def", response_format="pcm") as answer:
        pieces = list(answer.iter_bytes(1000))
    check("it is streamed", b"".join(pieces) == speech(response_format="pcm").content and len(pieces) > 1)
    raises("a voice that is not there is refused", openai.BadRequestError,
           lambda: speech(voice="alloy"), "default", param="voice")
    raises("what cannot be spoken is refused", openai.BadRequestError, lambda: speech(input="日本"), "symbol")
    raises("too much is refused", openai.BadRequestError, lambda: speech(input="a" * 5000), param="input")


async def at_once():
    many = openai.AsyncOpenAI(base_url=base, api_key=maker, max_retries=0)
    answers = await asyncio.gather(*[many.images.generate(
        model="classes", prompt="a cat", extra_body={"seed": seed % 3}) for seed in range(12)])
    made = [decoded(answer)[0] for answer in answers]
    check("many ask at once, and get what is theirs", len(set(made[:3])) == 3 and
          all(made[k] == made[k % 3] for k in range(12)))
    async with many.audio.speech.with_streaming_response.create(
            model="voice", voice="default", input="abc", response_format="wav") as answer:
        check("and hear it", b"".join([p async for p in answer.iter_bytes()]).startswith(STARTS["wav"]))
    await many.close()


def refused():
    weak = openai.OpenAI(base_url=base, api_key=watcher, max_retries=0)
    raises("who may only watch makes nothing", openai.PermissionDeniedError,
           lambda: weak.images.generate(model="classes", prompt="a bee"), "generate", type="permission_error")
    raises("what is not spoken here is not found", openai.NotFoundError, lambda: client.chat.completions.create(
        model="classes", messages=[{"role": "user", "content": "hello"}]), type="not_found_error")
    # A sixth of a minute's may come at once.
    errors = []
    for _ in range(150):
        try:
            weak.models.list()
        except openai.RateLimitError as error:
            errors.append(error)
            break
    check("too many are told when to come back", bool(errors) and
          int(errors[0].response.headers["retry-after"]) >= 1 and errors[0].type == "rate_limit_error", errors)
    patient = openai.OpenAI(base_url=base, api_key=watcher, max_retries=4)
    check("and the client comes back by itself", len(list(patient.models.list())) == 2)
    raises("a token that is none is refused", openai.AuthenticationError, lambda: openai.OpenAI(
        base_url=base, api_key="guess", max_retries=0).models.list(), type="authentication_error")


models()
pictures()
sounds()
asyncio.run(at_once())
refused()
