"""The camera: a stream of the browser's own, whose pictures are decoded where ``BarcodeDetector`` would do it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser

from labels.symbol import encode_symbol, render_png
from tests.api.served import Served
from tests.web.chromium import ARGUMENTS, chromium
from tests.web.yard.phone import Phone, block_of_formats, open_phone

pytestmark = pytest.mark.slow

SIZE = (640, 480)
TEXTS = ["https://id.gs1.org/01/07501234567893/21/P000001", "https://id.gs1.org/01/07501234567893/21/P000002"]
# Chromium on a desk has no BarcodeDetector: this one has the same interface, and Python reads the pictures.
DETECTOR = """window.BarcodeDetector = class {
  static async getSupportedFormats() { return ["code_128", "qr_code", "pdf417"]; }
  async detect(video) {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    canvas.getContext("2d").drawImage(video, 0, 0);
    return (await readPicture(canvas.toDataURL("image/png"))).map((rawValue) => ({rawValue, format: "qr_code"}));
  }
}"""
SCAN = """const video = document.createElement("video"), seen = [], stop = new AbortController();
  window.stream = null;
  const ended = yard.scan.scan(video, (text, format) => {
    seen.push([text, format]);
    window.stream = video.srcObject;
    if (seen.length === 3) stop.abort();
  }, {signal: stop.signal});
  await ended;
  return {seen, live: stream.getTracks().filter((track) => track.readyState === "live").length};"""


@contextmanager
def open_camera(browser: Browser, served: Served, address: str, film: Path) -> Iterator[Phone]:
    """A phone whose camera sees the film, over and over."""
    arguments = [
        *ARGUMENTS,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    with (
        browser.browser_type.launch(executable_path=chromium(), args=arguments) as camera,
        open_phone(camera, served, address) as phone,
    ):
        phone.context.expose_function("readPicture", read_picture)
        yield phone


@pytest.mark.parametrize("own", [True, False], ids=["the browser's own", "the vendored one"])
def test_each_code_is_told_as_it_comes_into_view_and_the_camera_goes_off(
    browser: Browser, served: Served, address: str, tmp_path: Path, *, own: bool
) -> None:
    film = write_film(tmp_path, [render_png(encode_symbol(text), module_mm=1, dpi=203) for text in TEXTS], pictures=12)
    with open_camera(browser, served, address, film) as phone:
        if own:
            phone.run(DETECTOR)
        assert phone.run("return yard.scan.scannable()") == (["qr_code", "code_128"] if own else ["qr_code"])
        told = phone.run(SCAN)
        assert phone.run("return 'jsQR' in globalThis") is not own
    texts = [text for text, _ in told["seen"]]
    # They alternate: none is told twice while it is in view.
    assert set(texts) == set(TEXTS)
    assert texts[0] == texts[2] != texts[1]
    assert told["live"] == 0


def test_a_hand_over_goes_from_screen_to_camera(
    browser: Browser, phone: Phone, served: Served, address: str, tmp_path: Path
) -> None:
    frames = json.loads(block_of_formats("json handover-frames"))
    pictures = []
    for frame in frames:
        phone.run("yard.qr.drawQr(document.querySelector('canvas'), arg, yard.handover.FRAME_SYMBOL)", frame)
        pictures.append(phone.png())
    with open_camera(browser, served, address, write_film(tmp_path, pictures, pictures=2)) as receiver:
        taken = receiver.run(
            """const collector = new yard.handover.Collector(), stop = new AbortController();
               await yard.scan.scan(document.createElement("video"), (text) => {
                 if (collector.add(text).whole) stop.abort();
               }, {signal: stop.signal});
               return yard.bytes.hex(await collector.file());"""
        )
    assert taken == block_of_formats("text handover-file").replace("\n", "")


def test_a_camera_that_is_denied_is_said_so(phone: Phone) -> None:
    phone.run(DETECTOR)
    refused = phone.refusal(
        "await yard.scan.scan(document.createElement('video'), () => {}, {signal: new AbortController().signal})"
    )
    assert refused["code"] == "no-camera"


def read_picture(url: str) -> list[str]:
    image = Image.open(BytesIO(base64.b64decode(url.partition(",")[2])))
    return [symbol.text for symbol in zxingcpp.read_barcodes(image)]


def write_film(folder: Path, images: list[bytes], *, pictures: int) -> Path:
    """A film of the images (PNG), so many pictures of each at 10 in a second, as YUV4MPEG2 in grey."""
    width, height = SIZE
    chroma = bytes([128]) * (width * height // 2)
    path = folder / "yard.y4m"
    with path.open("wb") as film:
        film.write(f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420\n".encode())
        for image in images:
            symbol = Image.open(BytesIO(image)).convert("L")
            picture = Image.new("L", SIZE, 255)
            picture.paste(symbol, ((width - symbol.width) // 2, (height - symbol.height) // 2))
            film.write((b"FRAME\n" + picture.tobytes() + chroma) * pictures)
    return path
