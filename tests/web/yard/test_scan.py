"""The camera: a real stream through ``scan``, decoded as a browser with BarcodeDetector would."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser

from labels.symbol import draw_qr  # noqa: F401
from tests.api.served import Served
from tests.web.test_browser import ARGUMENTS
from tests.web.yard.phone import Phone, open_phone

pytestmark = pytest.mark.slow
