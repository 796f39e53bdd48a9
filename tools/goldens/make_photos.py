"""Photos of every kind that src/image decodes, and what Pillow makes of them: tests/golden/photos/*, and its list photos.txt.

    build/goldens/venv/bin/python tools/goldens/make_photos.py            # writes
    build/goldens/venv/bin/python tools/goldens/make_photos.py --check    # fails where the committed answers are not Pillow's

A line of the list: file, draft_min_side, width, height, FNV-1a (64 bits) of the RGB bytes.  The answers are Pillow's after
ImageOps.exif_transpose, alpha_composite over white and convert("RGB"), but for what EXCEPTIONS says: there they are computed
from the samples as the PNG specification says.
"""

import io
import pathlib
import struct
import sys
import zlib

import numpy as np
from PIL import Image, ImageOps

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "photos"
WIDTH, HEIGHT = 45, 30
ORIENTATION = 0x0112
# What Pillow 13 gets wrong, and frond does not follow.
EXCEPTIONS = {
    "png_grey16": "every value above 255 becomes white",
    "png_grey16_interlaced": "every value above 255 becomes white",
    "png_grey2_trns": "the transparent value is compared with the sample after scaling",
    "png_grey4_trns": "the transparent value is compared with the sample after scaling",
    "png_grey16_trns": "every value above 255 becomes white; transparency is ignored",
    "png_rgb16_trns": "the transparent colour's low bytes are compared with the samples' high bytes",
}
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def fnv1a64(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & ((1 << 64) - 1)
    return value


def scene(width, height, channels, depth=8):
    """A gradient with an edge and noise, the same on every run."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(channels), indexing="ij")
    noise = (x * 7919 + y * 104729 + c * 1299709) * 2654435761 % (1 << 32) / (1 << 32)
    value = 0.5 + 0.4 * np.sin(0.21 * x + 1.7 * c) * np.cos(0.17 * y - c) + 0.3 * (x > y + 7) * (c != 1) + 0.15 * (noise - 0.5)
    return np.clip(np.floor(value * (1 << depth)), 0, (1 << depth) - 1).astype(np.uint16)


def picture(mode, width=WIDTH, height=HEIGHT):
    channels = len(Image.new(mode, (1, 1)).getbands())
    pixels = scene(width, height, channels).astype(np.uint8)
    if mode in ("RGBA", "LA"):  # some pixels wholly transparent or opaque
        alpha = pixels[..., -1].astype(int)
        pixels[..., -1] = np.clip(alpha * 2 - 128, 0, 255)
    return Image.fromarray(pixels[..., 0] if channels == 1 else pixels, mode) if mode != "1" else picture("L", width, height).convert("1")


def exif_of(orientation, big_endian=False):
    order = ">" if big_endian else "<"
    entry = struct.pack(order + "HHIHH", ORIENTATION, 3, 1, orientation, 0)
    tiff = (b"MM" if big_endian else b"II") + struct.pack(order + "HI", 42, 8)
    return b"Exif\0\0" + tiff + struct.pack(order + "H", 1) + entry + bytes(4)


def saved(image, format, **options):
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def with_jpeg_comment(file, size):
    return file[:2] + b"\xff\xfe" + struct.pack(">H", size + 2) + bytes(size) + file[2:]


def jpegs():
    rgb = picture("RGB")
    for name, options in {
        "444": dict(subsampling="4:4:4"),
        "422": dict(subsampling="4:2:2"),
        "420": dict(subsampling="4:2:0"),
        "411": dict(subsampling="4:1:1"),
        "q1": dict(quality=1),
        "q100": dict(quality=100, subsampling=0),
        "progressive": dict(progressive=True),
        "progressive_444": dict(progressive=True, subsampling=0, quality=95),
        "optimized": dict(optimize=True),
        "restarts": dict(restart_marker_blocks=1),
        "restart_rows": dict(restart_marker_rows=1, progressive=True),
        "keep_rgb": dict(keep_rgb=True),
    }.items():
        yield "jpeg_" + name, saved(rgb, "JPEG", **options)
    yield "jpeg_grey", saved(picture("L"), "JPEG")
    yield "jpeg_grey_progressive", saved(picture("L"), "JPEG", progressive=True)
    cmyk = saved(picture("CMYK"), "JPEG", quality=90)
    yield "jpeg_cmyk", cmyk
    yield "jpeg_cmyk_progressive", saved(picture("CMYK"), "JPEG", progressive=True)
    adobe = cmyk.index(b"Adobe")
    yield "jpeg_ycck", cmyk[: adobe + 11] + b"\x02" + cmyk[adobe + 12 :]  # the same codes, read as YCCK
    yield "jpeg_cmyk_no_adobe", cmyk[: adobe - 4] + cmyk[adobe + 12 :]
    yield "jpeg_comment", with_jpeg_comment(saved(rgb, "JPEG"), 300)
    for width, height in ((1, 1), (1, 40), (40, 1), (8, 8), (17, 9)):
        yield f"jpeg_{width}x{height}", saved(picture("RGB", width, height), "JPEG")
    for orientation in range(1, 9):
        yield f"jpeg_exif{orientation}", saved(rgb, "JPEG", exif=exif_of(orientation, big_endian=orientation % 2 == 0))


def filtered(rows, bytes_per_pixel):
    """The five filters of PNG in turn."""
    out, above = bytearray(), bytes(len(rows[0])) if rows else b""
    for number, row in enumerate(rows):
        kind = number % 5
        out.append(kind)
        for i, value in enumerate(row):
            left = row[i - bytes_per_pixel] if i >= bytes_per_pixel else 0
            corner = above[i - bytes_per_pixel] if i >= bytes_per_pixel else 0
            up = above[i]
            estimate = left + up - corner
            paeth = min((abs(estimate - left), 0, left), (abs(estimate - up), 1, up), (abs(estimate - corner), 2, corner))[2]
            out.append((value - (0, left, up, (left + up) // 2, paeth)[kind]) & 255)
        above = row
    return bytes(out)


def packed(samples, depth):
    """A row of samples as PNG stores it."""
    if depth == 16:
        return samples.astype(">u2").tobytes()
    if depth == 8:
        return samples.astype(np.uint8).tobytes()
    bits = ((samples.reshape(-1, 1) >> np.arange(depth - 1, -1, -1)) & 1).reshape(-1)
    return np.packbits(bits.astype(np.uint8)).tobytes()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(samples, color, depth, interlaced=False, extra=b""):
    height, width = samples.shape[:2]
    bytes_per_pixel = max(1, CHANNELS[color] * depth // 8)
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)] if interlaced else [(0, 0, 1, 1)]
    raw = b""
    for x, y, dx, dy in passes:
        part = samples[y::dy, x::dx]
        if part.size:
            raw += filtered([packed(row.reshape(-1), depth) for row in part], bytes_per_pixel)
    compressed = zlib.compress(raw, 9)
    middle = len(compressed) // 2
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", compressed[:middle])
        + chunk(b"IDAT", compressed[middle:]) + chunk(b"IEND", b"")
    )


def palette(entries):
    return scene(entries, 1, 3).astype(np.uint8).reshape(-1, 3)


def expected_png(samples, color, depth, table=None, transparent=None, alphas=None):
    """RGB as the specification reads the samples: scaled to 8 bits, 16 bits cut to the high byte, over white."""
    scaled = (samples >> 8 if depth == 16 else samples * 255 // ((1 << depth) - 1)).astype(np.uint8)
    alpha = np.full(samples.shape[:2], 255, np.uint8)
    if color == 3:
        rgb = table[samples[..., 0]]
        if alphas is not None:
            alpha = np.concatenate([alphas, np.full(len(table), 255, np.uint8)])[samples[..., 0]]
    else:
        rgb = scaled[..., :3] if color in (2, 6) else np.repeat(scaled[..., :1], 3, axis=2)
        if color in (4, 6):
            alpha = scaled[..., -1]
        if transparent is not None:
            alpha = np.where((samples == transparent).all(axis=2), 0, 255).astype(np.uint8)
    rgba = Image.fromarray(np.dstack([rgb, alpha]), "RGBA")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, (255,) * 4), rgba).convert("RGB")


def pngs():
    names = {0: "grey", 2: "rgb", 3: "palette", 4: "grey_alpha", 6: "rgba"}
    kinds = [(0, d) for d in (1, 2, 4, 8, 16)] + [(2, 8), (2, 16)] + [(3, d) for d in (1, 2, 4, 8)] + [(4, 8), (4, 16), (6, 8), (6, 16)]
    width, height = 29, 19
    for color, depth in kinds:
        samples = scene(width, height, CHANNELS[color], depth)
        name = f"png_{names[color]}{depth}"
        table = palette(1 << depth) if color == 3 else None
        extra = chunk(b"PLTE", table.tobytes()) if color == 3 else b""
        answer = expected_png(samples, color, depth, table)
        yield name, png(samples, color, depth, extra=extra), answer
        yield name + "_interlaced", png(samples, color, depth, True, extra), answer
        if color in (0, 2):
            inner = (samples[..., 0] > 0) & (samples[..., 0] < (1 << depth) - 1) if depth > 1 else samples[..., 0] == 0
            key = samples[inner][4]  # neither white, which transparency leaves white, nor 0, which scales to itself
            transparency = chunk(b"tRNS", struct.pack(f">{len(key)}H", *key.tolist()))
            yield name + "_trns", png(samples, color, depth, extra=transparency), expected_png(samples, color, depth, transparent=key)
        if color == 3:
            alphas = scene(max(1, len(table) - 1), 1, 1).astype(np.uint8).reshape(-1)
            extra += chunk(b"tRNS", alphas.tobytes())
            yield name + "_trns", png(samples, color, depth, True, extra), expected_png(samples, color, depth, table, alphas=alphas)
    small = scene(3, 2, 3)
    yield "png_3x2_interlaced", png(small, 2, 8, True), expected_png(small, 2, 8)
    one = scene(1, 1, 4)
    yield "png_1x1", png(one, 6, 8), expected_png(one, 6, 8)
    for orientation in range(1, 9):
        samples = scene(width, height, 3)
        block = exif_of(orientation)[6:]
        yield f"png_exif{orientation}", png(samples, 2, 8, extra=chunk(b"eXIf", block)), None


def riff(chunks):
    body = b"WEBP" + chunks
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_chunk(kind, data):
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def little24(value):
    return struct.pack("<I", value)[:3]


def webps():
    rgb, rgba = picture("RGB"), picture("RGBA")
    yield "webp_lossy", saved(rgb, "WEBP", quality=80)
    yield "webp_lossy_q5", saved(rgb, "WEBP", quality=5, method=6)
    yield "webp_lossy_alpha", saved(rgba, "WEBP", quality=70)
    yield "webp_lossy_alpha_q10", saved(rgba, "WEBP", quality=70, alpha_quality=10)
    for method in (0, 3, 6):
        yield f"webp_lossless_m{method}", saved(rgb, "WEBP", lossless=True, method=method, quality=100 if method == 6 else 50)
    yield "webp_lossless_alpha", saved(rgba, "WEBP", lossless=True)
    yield "webp_lossless_exact", saved(rgba, "WEBP", lossless=True, exact=True)
    yield "webp_lossless_palette", saved(rgb.quantize(7).convert("RGB"), "WEBP", lossless=True)
    yield "webp_grey", saved(picture("L"), "WEBP", lossless=True)
    yield "webp_1x1", saved(picture("RGB", 1, 1), "WEBP")
    yield "webp_17x3", saved(picture("RGBA", 17, 3), "WEBP")
    second = ImageOps.mirror(rgba)
    yield "webp_animated", saved(rgba, "WEBP", save_all=True, append_images=[second], duration=100, lossless=True)
    yield "webp_animated_lossy", saved(rgb, "WEBP", save_all=True, append_images=[ImageOps.mirror(rgb)], duration=100)
    frame = saved(picture("RGB", 17, 11), "WEBP", lossless=True)[12:]
    placed = little24(4) + little24(3) + little24(16) + little24(10) + little24(100) + b"\0" + frame
    header = b"\x12\0\0\0" + little24(WIDTH - 1) + little24(HEIGHT - 1)
    yield "webp_animated_small", riff(webp_chunk(b"VP8X", header) + webp_chunk(b"ANIM", bytes(6)) + webp_chunk(b"ANMF", placed))
    for orientation in range(1, 9):
        yield f"webp_exif{orientation}", saved(rgb, "WEBP", quality=60, exif=exif_of(orientation)[6 if orientation > 4 else 0 :])


def answer_of(file, draft=0):
    """What Pillow makes of a file."""
    image = Image.open(io.BytesIO(file))
    if draft:
        image.draft("RGB", (draft, draft))
    image = ImageOps.exif_transpose(image)
    if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA"):
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, (255,) * 4), rgba)
    return image.convert("RGB")


def photos():
    """Name with its ending, bytes, and the answer's image for each photo."""
    for name, file in jpegs():
        yield name + ".jpg", file, answer_of(file)
    for name, file, expected in pngs():
        answer = answer_of(file)
        if expected is not None:
            same = answer.tobytes() == expected.tobytes()
            if same == (name in EXCEPTIONS):
                sys.exit(f"{name}: Pillow and the specification {'agree after all' if same else 'disagree'}")
            answer = expected
        yield name + ".png", file, answer
    for name, file in webps():
        yield name + ".webp", file, answer_of(file)


def line(name, draft, image):
    return f"{name} {draft} {image.width} {image.height} {fnv1a64(image.tobytes()):016x}"


def main():
    check = "--check" in sys.argv[1:]
    FOLDER.mkdir(parents=True, exist_ok=True)
    lines = []
    for name, file, answer in photos():
        path = FOLDER / name
        if not check:
            path.write_bytes(file)
        elif path.suffix != ".png" or name.startswith("png_exif"):
            answer = answer_of(path.read_bytes())
        lines.append(line(name, 0, answer))
        if name in ("jpeg_420.jpg", "jpeg_progressive.jpg", "jpeg_exif6.jpg", "jpeg_cmyk.jpg", "jpeg_grey.jpg", "jpeg_422.jpg"):
            for draft in (31, 30, 16, 15, 8, 7, 4, 3, 1):
                lines.append(line(name, draft, answer_of(path.read_bytes(), draft)))
    text = "\n".join(lines) + "\n"
    if check:
        sys.exit(0 if (FOLDER / "photos.txt").read_text() == text else "the committed answers differ")
    (FOLDER / "photos.txt").write_text(text)


if __name__ == "__main__":
    main()
