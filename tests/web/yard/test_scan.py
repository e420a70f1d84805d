"""The camera: a stream of the browser's own, whose pictures are decoded where ``BarcodeDetector`` would do it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser

from labels.symbol import encode_symbol, render_png
from tests.api.served import Served
from tests.web.test_browser import ARGUMENTS, chromium
from tests.web.yard.phone import Phone, open_phone

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


@pytest.fixture(scope="module")
def camera(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    film = tmp_path_factory.mktemp("film") / "yard.y4m"
    write_film(film, TEXTS)
    arguments = [
        *ARGUMENTS,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    with browser.browser_type.launch(executable_path=chromium(), args=arguments) as camera:
        yield camera


@pytest.fixture
def phone_with_camera(camera: Browser, served: Served, address: str) -> Iterator[Phone]:
    with open_phone(camera, served, address) as phone:
        phone.context.expose_function("readPicture", read_picture)
        yield phone


@pytest.mark.parametrize("own", [True, False], ids=["the browser's own", "the vendored one"])
def test_each_code_is_told_as_it_comes_into_view_and_the_camera_goes_off(
    phone_with_camera: Phone, *, own: bool
) -> None:
    if own:
        phone_with_camera.run(DETECTOR)
    assert phone_with_camera.run("return yard.scan.scannable()") == (["qr_code", "code_128"] if own else ["qr_code"])
    told = phone_with_camera.run(SCAN)
    texts = [text for text, _ in told["seen"]]
    # They alternate: none is told twice while it is in view.
    assert set(texts) == set(TEXTS)
    assert texts[0] == texts[2] != texts[1]
    assert told["live"] == 0
    assert phone_with_camera.run("return 'jsQR' in globalThis") is not own


def test_a_camera_that_is_denied_is_said_so(phone: Phone) -> None:
    phone.run(DETECTOR)
    refused = phone.refusal(
        "await yard.scan.scan(document.createElement('video'), () => {}, {signal: new AbortController().signal})"
    )
    assert refused["code"] == "no-camera"


def read_picture(url: str) -> list[str]:
    image = Image.open(BytesIO(base64.b64decode(url.partition(",")[2])))
    return [symbol.text for symbol in zxingcpp.read_barcodes(image)]


def write_film(path: Path, texts: list[str]) -> None:
    """A film of the texts' symbols, one after the other, as YUV4MPEG2 in grey."""
    width, height = SIZE
    chroma = bytes([128]) * (width * height // 2)
    with path.open("wb") as film:
        film.write(f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420\n".encode())
        for text in texts:
            symbol = Image.open(BytesIO(render_png(encode_symbol(text), module_mm=1, dpi=203))).convert("L")
            picture = Image.new("L", SIZE, 255)
            picture.paste(symbol, ((width - symbol.width) // 2, (height - symbol.height) // 2))
            for _ in range(12):
                film.write(b"FRAME\n" + picture.tobytes() + chroma)
