"""Makes the seeds of the fuzzers: small pictures of every container with every kind of metadata, and manifests.

Usage: python3 Tests/full/support/fuzz_seeds.py FOLDER     Writes FOLDER/NAME for each fuzzer.
Pictures come from the Debian tools vips, cwebp and exiftool; what no tool writes is built here by hand.
"""
import base64
import pathlib
import struct
import subprocess
import sys
import zlib

folder = pathlib.Path(sys.argv[1])
work = folder / "work"
ANSWERS = ("mai", "openai", "azure", "gemini", "openrouter")
for name in ("work", "scanner", "embedder", "manifest") + ANSWERS:
    (folder / name).mkdir(parents=True, exist_ok=True)

PACKET = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
MANIFEST_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


def run(*command):
    """Runs a tool in the work folder; false where it can not do that."""
    return subprocess.run(command, cwd=work, capture_output=True, check=False).returncode == 0


def keep(name, data, clean=False):
    (folder / "scanner" / name).write_bytes(data)
    if clean:
        (folder / "embedder" / name).write_bytes(data)


def read(name):
    return (work / name).read_bytes()


def box(name, content):
    return struct.pack(">I4s", 8 + len(content), name) + content


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def pictures():
    pixels = bytes((i * 37 + i // 48 * 11) % 256 for i in range(16 * 12 * 3))
    (work / "p.ppm").write_bytes(b"P6 16 12 255\n" + pixels)
    run("vips", "copy", "p.ppm", "p.png[strip]")
    run("vips", "bandjoin_const", "p.png", "pa.png", "90")
    ways = {
        "png": ["strip", "strip,interlace", "strip,palette"], "jpg": ["strip", "strip,interlace"],
        "webp": ["strip", "strip,lossless"], "avif": ["strip,effort=9", "strip,effort=9,lossless"],
        "heic": ["strip"], "gif": ["strip"], "jxl": ["effort=3", "lossless,effort=3"],
        "tif": ["strip", "strip,tile,pyramid,compression=deflate", "strip,bigtiff", "strip,compression=jpeg"],
    }
    made = 0
    for suffix, options in ways.items():
        for number, option in enumerate(options):
            for source in ("p", "pa"):
                name = f"{source}{number}.{suffix}"
                if run("vips", "copy", f"{source}.png", f"{name}[{option}]"):
                    keep(name, read(name), clean=suffix not in ("gif", "tif", "heic"))
                    made += 1
    run("cwebp", "-quiet", "p.png", "-o", "plain.webp")
    if (work / "plain.webp").exists():
        keep("plain.webp", read("plain.webp"), clean=True)
    if made < 20:
        sys.exit(f"only {made} pictures could be made: are libvips-tools and webp installed?")


def tagged():
    (work / "packet.xmp").write_bytes(PACKET)
    tags = [
        "-GPSLatitude=48.85", "-GPSLatitudeRef=N", "-EXIF:Orientation#=6", "-EXIF:Artist=S",
        "-ExifIFD:SerialNumber=42", "-EXIF:UserComment=w", "-EXIF:DateTimeOriginal=2026:01:02 03:04:05",
        "-ThumbnailImage<=p0.jpg", "-XMP-dc:Creator=S", "-IPTC:By-line=S", "-Comment=w",
    ]
    for name in ("p0.png", "p0.jpg", "p0.webp", "p0.avif", "p0.heic", "p0.gif", "p0.tif", "p2.tif"):
        if run("exiftool", "-q", "-m", "-o", f"tagged-{name}", *tags, name):
            keep(f"tagged-{name}", read(f"tagged-{name}"))
    for suffix in ("heic", "avif", "tif", "webp", "png"):
        if run("vips", "copy", "tagged-p0.jpg", f"kept.{suffix}"):
            keep(f"kept.{suffix}", read(f"kept.{suffix}"))
    if run("vips", "arrayjoin", "p.png p.png", "two.png", "--across", "1") and run(
            "vips", "gifsave", "two.png", "two.gif", "--page-height", "12"):
        keep("two.gif", read("two.gif"))
    if run("vips", "webpsave", "two.png", "two.webp", "--page-height", "12"):
        keep("two.webp", read("two.webp"))


def by_hand():
    stream = read("p0.jxl")
    head = box(b"JXL ", b"\r\n\x87\n") + box(b"ftyp", b"jxl \0\0\0\0jxl ")
    exif = b"\0\0\0\0MM\0*" + struct.pack(">IHHHII", 8, 1, 0x112, 3, 1, 6 << 16) + bytes(4)
    keep("boxes.jxl", head + box(b"jxlc", stream), clean=True)
    keep("level.jxl", head + box(b"jxll", b"\5") + box(b"jxlc", stream), clean=True)
    keep("meta.jxl", head + box(b"Exif", exif) + box(b"xml ", PACKET) + box(b"jxlc", stream) + box(b"brob", b"Exif\1"))
    keep("parts.jxl", head + box(b"jxlp", bytes(4) + stream[:9]) + box(b"jumb", b"\0\0\0\x1ejumdc2pa" + bytes(16))
         + box(b"jxlp", b"\x80\0\0\1" + stream[9:]) + box(b"jbrd", b"\0") + box(b"free", bytes(9)))
    png = read("p0.png")
    for name, data in ((b"tEXt", b"parameters\0a cat"), (b"caBX", b"\0\0\0\x08jumb"), (b"eXIf", exif[4:]),
                       (b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(b"\nexif\n  26\n" + exif[4:].hex().encode())),
                       (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + PACKET), (b"acTL", bytes([0, 0, 0, 2] + [0] * 4))):
        keep(f"{name.decode()}.png", png[:33] + chunk(name, data) + png[33:])
    jpeg = read("p0.jpg")
    for name, body in ((b"app2", b"\xe2ICC_PROFILE\0\1\1x"), (b"mpf", b"\xe2MPF\0MM\0*\0\0\0\x08"), (b"c2pa", b"\xebJP\0\1\0\0\0\1\0\0\0\x10jumb"),
                       (b"psd", b"\xedPhotoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\2ab8BIM\x04\x24\0\0\0\0\0\4<x/>")):
        keep(f"{name.decode()}.jpg", jpeg[:2] + b"\xff" + body[:1] + struct.pack(">H", len(body) + 1) + body[1:] + jpeg[2:])
    keep("motion.jpg", jpeg + box(b"ftyp", b"mp42\0\0\0\0") + box(b"moov", b""))
    keep("two.jpg", jpeg + jpeg + b"SEFT")
    gif = read("p0.gif") if (work / "p0.gif").exists() else b""
    if gif:
        trailer = bytes([1]) + bytes(range(255, -1, -1)) + b"\0"
        blocks = (b"\x21\xff\x0bXMP DataXMP" + PACKET + trailer, b"\x21\xff\x0bICCRGBG1012\4prof\0",
                  b"\x21\xff\x0bC2PA_GIF\1\0\0\4jumb\0", b"\x21\xfe\5words\0", b"\x21\1\x0c" + bytes(12) + b"\2hi\0")
        at = gif.index(b"\x21\xf9") if b"\x21\xf9" in gif else gif.index(b"\x2c")
        keep("blocks.gif", gif[:at] + b"".join(blocks) + gif[at:] + b"PK\5\6" + bytes(18))
    if (work / "p0.avif").exists():
        avif = read("p0.avif")
        first = struct.unpack(">I", avif[:4])[0]
        keep("c2pa.avif", avif + box(b"uuid", MANIFEST_UUID + b"\0\0\0\0manifest\0" + bytes(8)))
        keep("free.avif", avif + box(b"free", b"words") + box(b"moov", box(b"trak", b"")))
        keep("brand.avif", avif[:first].replace(b"mif1", b"avis") + avif[first:])
        keep("large.avif", avif + struct.pack(">I4sQ", 1, b"mdat", 20) + b"more")


def manifests():
    texts = [
        '{"prompt":"x"}', '{"prompt": "a", "references": ["a.jpg", "b.png"], "mask": "m.png", "id": "order-7"}',
        '{"prompt":"é\\u00e9\\ud83d\\ude00\\n","model":"mai","aspect_ratio":"16:9","count":2,"seed":7}',
        '{"prompt":"x","size":"1536x1024","quality":"high","background":"opaque","parameters":{"a":{"b":[null,1e9]}}}',
        '{"prompt":"x","output":{"size":"long=2048","fit":"pad","format":"webp","quality":5,"original":true}}',
        '{"prompt":"x","subject":"user:42","retain":{"inputs":"1h","outputs":"24h"},"max_cost":0.25,"priority":-3}',
        '{"prompt":"x","output":{"upscale":"enhanced"},"template":{"name":"p"},"protect":true,"visibility":"public"}',
        "{prompt: 'x', /* why */ seed: 1, // end\n list: [1, 2,],}", "[[[[[[1]]]]],-0.5e+3,true,false,null]",
        '\ufeff  a plain prompt of a text file\n',
    ]
    for number, text in enumerate(texts):
        (folder / "manifest" / f"{number}.json").write_bytes(text.encode())
    sample = pathlib.Path(__file__).resolve().parents[3] / "samples/jobs/alpine-dogs/job.json"
    (folder / "manifest" / "sample.json").write_bytes(sample.read_bytes())


def answers():
    """Answers and errors of the contracts; three bytes before each choose status, cut and header."""
    picture = base64.b64encode(bytes(range(256)) * 4).decode()
    images = [
        '{"created":1,"model":"m","size":"1360x768","data":[{"b64_json":"%s","revised_prompt":"x"}],'
        '"usage":{"num_output_tokens":1020,"num_input_text_tokens":14,"num_input_image_tokens":0}}' % picture,
        '{"data":[{"b64_json":"%s"}],"usage":{"input_tokens":22,"output_tokens":13342,'
        '"input_tokens_details":{"text_tokens":22,"image_tokens":0,"cached_tokens":7,"cached_tokens_details":'
        '{"text_tokens":3,"image_tokens":4}}}}' % picture[:800],
        '{"data":[{"b64_json":"data:image/png;base64,%s","media_type":"image/png"}],"usage":{"prompt_tokens":1140,'
        '"completion_tokens":2000,"completion_tokens_details":{"image_tokens":2000},"cost":0.2423,"is_byok":true,'
        '"cost_details":{"upstream_inference_cost":0.1}}}' % picture,
        '{"data":[{"url":"https://images.example.com/a.png?b=c"},{"b64_json":null}]}', '{"created":0,"data":[]}',
        '{"error":{"message":"Your request was rejected by the safety system.","type":"image_generation_user_error",'
        '"param":null,"code":"moderation_blocked","moderation_details":{"moderation_stage":"output","categories":["violence"]}}}',
        '{"error":{"code":402,"message":"In-flight budget exceeded","metadata":{"limit_source":"openrouter_in_flight_budget"}}}',
        '{"error":{"code":502,"message":"Provider returned error","metadata":{"raw":"{\\"error\\":{\\"code\\":\\"x\\"}}",'
        '"error_type":"refusal","reasons":["violence"]},"availability":{"code":"model_not_found"}}}',
        '{"error":{"code":"429","message":"Rate limit. Please try again in 12 seconds.","innererror":{"code":"a"}}}',
        '{"detail":"flagged"}', '{"error":"a sentence"}', '<html>', '', 'data: {}', '\x89PNG\r\n\x1a\n' + 'x' * 40,
    ]
    gemini = [
        '{"candidates":[{"content":{"role":"model","parts":[{"thought":true,"inlineData":{"mimeType":"image/jpeg","data":"aGVs"}},'
        '{"inlineData":{"mimeType":"image/png","data":"%s"},"thoughtSignature":"c2ln"}]},"finishReason":"STOP","index":0}],'
        '"usageMetadata":{"promptTokenCount":1140,"candidatesTokenCount":2000,"thoughtsTokenCount":180,'
        '"candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":2000}]},"modelVersion":"m","responseId":"abc"}' % picture,
        '{"promptFeedback":{"blockReason":"SAFETY"}}', '{"candidates":[{"finishReason":"PUP_LIMITED_DISABLED"}]}',
        '{"error":{"code":429,"message":"x","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"aPerDay",'
        '"quotaValue":"10"}]},{"retryDelay":"3.29s"},{"reason":"API_KEY_INVALID"}]}}',
    ]
    for name in ANSWERS:
        for number, text in enumerate(images + gemini):
            for status in (0, 7, 10, 14):
                head = bytes([status, (number * 37) % 256, number % 6])
                (folder / name / f"{number}-{status}").write_bytes(head + text.encode("latin-1"))


def words():
    """The words that formats are made of, for the fuzzer to put together."""
    boxes = ("ftyp meta hdlr pitm iloc iinf infe iref iprp ipco ipma idat mdat moov free uuid jumb Exif mime av01 grid "
             "thmb auxl dimg cdsc ispe pixi colr nclx prof av1C auxC avif mif1 jxlc jxlp jxll xml brob jbrd IHDR IDAT "
             "IEND tEXt zTXt iTXt eXIf caBX VP8X VP8L ALPH EXIF ANIM ANMF C2PA RIFF WEBP II*\\x00 MM\\x00* GIF89a")
    (folder / "pictures.words").write_text("".join(f'"{word}"\n' for word in boxes.split()))
    keys = ("prompt references mask id model aspect_ratio size count quality background seed parameters output fit format "
            "original upscale subject retain inputs outputs max_cost priority template null true false 4k uhd 1e9 \\\\u0000")
    answered = ("b64_json url data usage error code message type param status details reason metadata raw error_type candidates "
                "content parts inlineData mimeType usageMetadata promptTokenCount output_tokens num_output_tokens cost is_byok "
                "1e30 -9223372036854775808 9223372036854775807 1e400 null ;base64, https:// \\\\u002f \\\\n darkroom_picture")
    (folder / "answers.words").write_text("".join(f'"{word}"\n' for word in answered.split()))
    (folder / "manifest.words").write_text("".join(f'"{word}"\n' for word in keys.split()))


pictures()
tagged()
by_hand()
manifests()
answers()
words()
